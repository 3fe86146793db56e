using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>
    /// The gradients of group norm: with g = dy·w_c and the normalised x̂, dx = (g − mean(g) − x̂·mean(g·x̂)) / √(var + ε) over the
    /// values of a group of channels in a sample; and of each of its channels Σ dy·x̂ and Σ dy, which over all samples are dw_c and
    /// db_c. Simt schedule.
    /// </summary>
    /// <remarks>Wu and He, "Group normalization", 2018. Tile: a work group owns a group of a sample: the moments once more, which no
    /// forward pass need keep; then plane after plane, a thread the values t, t+128, … of each, whose sums meet in shared memory; and
    /// dx.</remarks>
    internal readonly struct GroupNormBackwardSimt : IGroupKernel<ChannelBackwardArguments>
    {
        public static int GroupSize => GroupSum.Threads;

        public static void Run(ChannelBackwardArguments arguments)
        {
            ArrayView<float> shared = GroupSum.Allocate();
            NormChannels channels = arguments.Channels;
            NormalizedValues values = channels.ValuesOfGroup(Grid.IdxX);
            int firstChannel = channels.FirstOfGroup(Grid.IdxX);
            float first = TElement.Widen(arguments.Input[values.First]);
            Standardization by = MomentsOf<GroupSummation>(arguments.Input, values, first, channels.Epsilon, shared)
                .Standardization(channels.Epsilon);
            var sum = default(CompensatedSum);
            var products = default(CompensatedSum);
            for (int plane = 0; plane < values.Planes; plane++)
            {
                GradientSums ofPlane = SumOfPlane(arguments, values, plane, by, shared);
                float weight = arguments.Weight(firstChannel + plane);
                sum.Add(ofPlane.Sum * weight);
                products.Add(ofPlane.Products * weight);
                if (Group.IdxX == 0)
                    arguments.Sums.Store(Grid.IdxX / channels.Groups, firstChannel + plane, ofPlane);
            }

            NormSlope slope = SlopeOf(by, new GradientSums { Sum = sum.Value, Products = products.Value }, values.Count, 1f);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                // Rounded before the mean of its like is subtracted.
                float weight = arguments.Weight(firstChannel + cursor.Plane);
                float gradient = FusedMultiplyAdd.Fma(TElement.Widen(arguments.OutputGradient[cursor.Offset]), weight, 0f);
                float normalized = by.Apply(TElement.Widen(arguments.Input[cursor.Offset]));
                arguments.InputGradient[cursor.Offset] = TElement.Narrow(slope.Apply(gradient, normalized));
            }
        }

        private static GradientSums SumOfPlane(
            in ChannelBackwardArguments arguments, NormalizedValues values, int plane, Standardization by, ArrayView<float> shared)
        {
            var sum = default(CompensatedSum);
            var products = default(CompensatedSum);
            long offset = values.First + (plane * values.PlaneStride);
            for (long place = Group.IdxX; place < values.PlaneLength; place += GroupSum.Threads)
            {
                float gradient = TElement.Widen(arguments.OutputGradient[offset + place]);
                sum.Add(gradient);
                products.Add(gradient * by.Apply(TElement.Widen(arguments.Input[offset + place])));
            }

            return GroupSum.Of(new GradientSums { Sum = sum.Value, Products = products.Value }, shared);
        }
    }
}
