using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>
        /// The gradients of group norm: with g = dy·w_c and the normalised x̂, dx = (g − mean(g) − x̂·mean(g·x̂)) / √(var + ε) over the
        /// values of a group of channels in a sample; and of each of its channels Σ dy·x̂ and Σ dy, which over all samples are dw_c and
        /// db_c. Vector schedule.
        /// </summary>
        /// <remarks>Wu and He, "Group normalization", 2018. Tile: one group of a sample: its moments once more, which no forward pass need
        /// keep; the sums of its planes, which are stored; and dx, plane by plane.</remarks>
        internal readonly struct GroupNormBackwardVector : ITileKernel<ChannelBackwardArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(ChannelBackwardArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormChannels channels = arguments.Channels;
                NormalizedValues values = channels.ValuesOfGroup(tile);
                float first = TElement.Widen(arguments.Input[values.First]);
                Standardization by = MomentsOf<VectorSummation>(arguments.Input, values.Joined(), first, channels.Epsilon, scratch)
                    .Standardization(channels.Epsilon);
                long sample = Division.Of(tile, channels.Groups).Quotient;
                int firstChannel = channels.FirstOfGroup(tile);
                var sum = default(CompensatedSum);
                var products = default(CompensatedSum);
                for (int plane = 0; plane < values.Planes; plane++)
                {
                    long offset = values.First + (plane * values.PlaneStride);
                    GradientSums ofPlane = RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.GradientSums(
                        arguments.Input.SubView(offset), arguments.OutputGradient.SubView(offset), by, channels.Weight, values.PlaneLength);
                    arguments.Sums.Store(sample, firstChannel + plane, ofPlane);
                    float weight = arguments.Weight(firstChannel + plane);
                    sum.Add(ofPlane.Sum * weight);
                    products.Add(ofPlane.Products * weight);
                }

                NormSlope slope = SlopeOf(by, new GradientSums { Sum = sum.Value, Products = products.Value }, values.Count, 1f);
                for (int plane = 0; plane < values.Planes; plane++)
                {
                    long offset = values.First + (plane * values.PlaneStride);
                    slope.Weight = arguments.Weight(firstChannel + plane);
                    RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Differentiate(
                        arguments.Input.SubView(offset), arguments.OutputGradient.SubView(offset), by, slope, channels.Weight,
                        arguments.InputGradient.SubView(offset), scratch, values.PlaneLength);
                }
            }
        }
    }
}
