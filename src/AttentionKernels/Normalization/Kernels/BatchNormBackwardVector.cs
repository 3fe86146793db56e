using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>
        /// The gradients of batch norm for each channel c: dw_c = Σ dy·x̂ and db_c = Σ dy over all its values, with the normalised x̂, and
        /// dx = (dy − mean(dy) − x̂·mean(dy·x̂))·w_c / √(var_c + ε); by running statistics dx = dy·w_c / √(runningVariance_c + ε). Vector
        /// schedule.
        /// </summary>
        /// <remarks>Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel, which has a plane in each sample: its moments once
        /// more, which no forward pass need keep; its sums; and dx.</remarks>
        internal readonly struct BatchNormBackwardVector : ITileKernel<ChannelBackwardArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(ChannelBackwardArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormChannels channels = arguments.Channels;
                NormalizedValues values = channels.ValuesOf(tile);
                float first = TElement.Widen(arguments.Input[values.First]);
                Standardization by = TCenter.IsGiven
                    ? channels.RunningStandardization(tile)
                    : MomentsOf<VectorSummation>(arguments.Input, values, first, channels.Epsilon, scratch)
                        .Standardization(channels.Epsilon);
                var sum = default(CompensatedSum);
                var products = default(CompensatedSum);
                int length = (int)channels.Spatial;
                for (int batch = 0; batch < channels.Batch; batch++)
                {
                    long plane = channels.Plane(batch, tile);
                    GradientSums ofPlane = RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.GradientSums(
                        arguments.Input.SubView(plane), arguments.OutputGradient.SubView(plane), by, channels.Weight, length);
                    sum.Add(ofPlane.Sum);
                    products.Add(ofPlane.Products);
                }

                var sums = new GradientSums { Sum = sum.Value, Products = products.Value };
                NormSlope slope = SlopeOf(by, sums, channels.Count, arguments.Weight(tile));
                arguments.Store(sums, tile);
                for (int batch = 0; batch < channels.Batch; batch++)
                {
                    long plane = channels.Plane(batch, tile);
                    RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Differentiate(
                        arguments.Input.SubView(plane), arguments.OutputGradient.SubView(plane), by, slope, channels.Weight,
                        arguments.InputGradient.SubView(plane), scratch, length);
                }
            }
        }
    }
}
