using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Vector
/// schedule.</summary>
/// <remarks>
/// Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel, which has a plane in each sample; its sums twice, the second time
/// next to the mean, and the output.
/// </remarks>
internal readonly struct BatchNormTrainingVector<TAffine, TVector> : ITileKernel<BatchNormArguments>
    where TAffine : struct, IAffine
    where TVector : struct, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        Moments moments = Moments.Of<VectorSummation<TVector>, AboutExactMean>(arguments.Input, arguments.ValuesOf(tile), arguments.Epsilon, scratch);
        Standardization by = moments.Standardization(arguments.Epsilon);
        float weight = TAffine.HasWeight ? arguments.Weight[tile] : 1f;
        float bias = TAffine.HasBias ? arguments.Bias[tile] : 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
        {
            long plane = arguments.Plane(batch, tile);
            RowNorm.NormalizePlane<TVector>(
                arguments.Input.SubView(plane), by, weight, bias, arguments.Output.SubView(plane), (int)arguments.Spatial);
        }

        arguments.StoreStatistics(tile, moments, by);
    }
}
