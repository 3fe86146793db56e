using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>
    /// The gradients of batch norm for each channel c: dw_c = Σ dy·x̂ and db_c = Σ dy over all its values, with the normalised x̂, and
    /// dx = (dy − mean(dy) − x̂·mean(dy·x̂))·w_c / √(var_c + ε); by running statistics dx = dy·w_c / √(runningVariance_c + ε). Simt
    /// schedule.
    /// </summary>
    /// <remarks>Ioffe and Szegedy, "Batch normalization", 2015. Tile: a work group owns a channel, a thread its values t, t+128, …: the
    /// moments once more, which no forward pass need keep; the sums, which meet in shared memory; and dx.</remarks>
    internal readonly struct BatchNormBackwardSimt : IGroupKernel<ChannelBackwardArguments>
    {
        public static int GroupSize => GroupSum.Threads;

        public static void Run(ChannelBackwardArguments arguments)
        {
            ArrayView<float> shared = GroupSum.Allocate();
            NormChannels channels = arguments.Channels;
            int channel = Grid.IdxX;
            NormalizedValues values = channels.ValuesOf(channel);
            float first = TElement.Widen(arguments.Input[values.First]);
            Standardization by = TCenter.IsGiven
                ? channels.RunningStandardization(channel)
                : MomentsOf<GroupSummation>(arguments.Input, values, first, channels.Epsilon, shared).Standardization(channels.Epsilon);
            var sum = default(CompensatedSum);
            var products = default(CompensatedSum);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                float gradient = TElement.Widen(arguments.OutputGradient[cursor.Offset]);
                sum.Add(gradient);
                products.Add(gradient * by.Apply(TElement.Widen(arguments.Input[cursor.Offset])));
            }

            GradientSums sums = GroupSum.Of(new GradientSums { Sum = sum.Value, Products = products.Value }, shared);
            NormSlope slope = SlopeOf(by, sums, channels.Count, arguments.Weight(channel));
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                // Rounded before the mean of its like is subtracted.
                float gradient = FusedMultiplyAdd.Fma(TElement.Widen(arguments.OutputGradient[cursor.Offset]), slope.Weight, 0f);
                float normalized = by.Apply(TElement.Widen(arguments.Input[cursor.Offset]));
                arguments.InputGradient[cursor.Offset] = TElement.Narrow(slope.Apply(gradient, normalized));
            }

            if (Group.IdxX == 0)
                arguments.Store(sums, channel);
        }
    }
}
