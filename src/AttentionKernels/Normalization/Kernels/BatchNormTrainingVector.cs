using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Vector schedule.</summary>
/// <remarks>
/// Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel; three passes over its planes, one a sample: mean, variance of the
/// differences, output.
/// </remarks>
internal readonly struct BatchNormTrainingVector<TAffine, TWidth> : ITileKernel<BatchNormArguments>
    where TAffine : struct, IAffine
    where TWidth : struct, IVectorWidth
{
    public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        int spatial = (int)arguments.Spatial;
        float sum = 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
            sum += RowNorm.Sum<TWidth>(arguments.Input, arguments.Plane(batch, tile), spatial);

        float mean = sum / arguments.Count;
        float squares = 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
            squares += RowNorm.SquaredDifferences<TWidth>(arguments.Input, arguments.Plane(batch, tile), mean, spatial);

        float inverse = 1f / MathF.Sqrt((squares / arguments.Count) + arguments.Epsilon);
        float weight = TAffine.HasWeight ? arguments.Weight[tile] : 1f;
        float bias = TAffine.HasBias ? arguments.Bias[tile] : 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
        {
            long plane = arguments.Plane(batch, tile);
            RowNorm.NormalizePlane<TWidth>(arguments.Input, plane, mean, inverse, weight, bias, arguments.Output, plane, spatial);
        }

        arguments.StoreStatistics(tile, mean, squares, inverse);
    }
}
