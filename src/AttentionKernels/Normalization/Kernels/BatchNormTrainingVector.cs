using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class BatchNormModule<TAffine>
{
    /// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Vector
    /// schedule.</summary>
    /// <remarks>
    /// Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel, which has a plane in each sample; its sums twice, the second time
    /// next to the mean, the mean by a sum of its own, and the output.
    /// </remarks>
    internal readonly struct BatchNormTrainingVector<TVector> : ITileKernel<BatchNormArguments>
        where TVector : struct, IVector<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
        {
            NormalizedValues values = arguments.ValuesOf(tile);
            Moments moments = Moments.Of<VectorSummation<TVector>, AboutExactMean>(arguments.Input, values, arguments.Epsilon, scratch);
            Standardization by = moments.Standardization(arguments.Epsilon);
            float weight = TAffine.HasWeight ? arguments.Weight[tile] : 1f;
            float bias = TAffine.HasBias ? arguments.Bias[tile] : 0f;
            bool areShort = values.PlaneLength < TVector.Lanes;
            var sum = default(DoubleWordSum);
            if (!areShort)
            {
                sum = RowSum<TVector>.Of(
                    arguments.Input.SubView(values.First), values.PlaneStride, values.Planes, values.PlaneLength, moments.Scale);
            }

            for (int batch = 0; batch < arguments.Batch; batch++)
            {
                long plane = arguments.Plane(batch, tile);

                // Planes that fill no vector, a value at a time, and when it is at hand: what takes time is the way to each.
                for (int place = 0; areShort && place < values.PlaneLength; place++)
                    sum.Add(arguments.Input[plane + place] * moments.Scale);
                if (batch % DoubleWordSum.Chunk == 0)
                    sum.Carry();
                RowNorm<TVector>.NormalizePlane(
                    arguments.Input.SubView(plane), by, weight, bias, arguments.Output.SubView(plane), values.PlaneLength);
            }

            arguments.StoreStatistics(tile, moments.Mean(sum.Value, values.Count), moments, by);
        }
    }
}
