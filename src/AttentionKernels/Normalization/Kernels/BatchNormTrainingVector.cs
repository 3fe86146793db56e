using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Vector
        /// schedule.</summary>
        /// <remarks>
        /// Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel, which has a plane in each sample; its sums twice, the second
        /// time next to the mean, the mean by a sum of its own, and the output.
        /// </remarks>
        internal readonly struct BatchNormTrainingVector : ITileKernel<BatchNormArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormChannels channels = arguments.Channels;
                NormalizedValues values = channels.ValuesOf(tile);
                float first = TElement.Widen(arguments.Input[values.First]);
                Moments moments = MomentsOf<VectorSummation>(arguments.Input, values, first, channels.Epsilon, scratch);
                Standardization by = moments.Standardization(channels.Epsilon);
                bool areShort = values.PlaneLength < TVector.Lanes;
                var sum = default(DoubleWordSum);
                if (!areShort)
                {
                    sum = RowKernels<TVector, TElement, TStore>.RowMoments.Sum(
                        arguments.Input.SubView(values.First), values.PlaneStride, values.Planes, values.PlaneLength, moments.Scale);
                }

                for (int batch = 0; batch < channels.Batch; batch++)
                {
                    long plane = channels.Plane(batch, tile);

                    // Planes that fill no vector, a value at a time, and when it is at hand: what takes time is the way to each.
                    for (int place = 0; areShort && place < values.PlaneLength; place++)
                        sum.Add(TElement.Widen(arguments.Input[plane + place]) * moments.Scale);
                    if (batch % DoubleWordSum.Chunk == 0)
                        sum.Carry();
                    NormalizePlane(arguments, by, tile, plane);
                }

                channels.StoreStatistics(tile, moments.Mean(sum.Value, values.Count), moments, by);
            }
        }
    }
}
