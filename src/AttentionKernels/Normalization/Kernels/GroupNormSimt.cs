using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>y = (x − mean) / √(var + ε) · w_c + b_c over the values of a group of channels in a sample, with the biased variance. Simt
    /// schedule.</summary>
    /// <remarks>Wu and He, "Group normalization", 2018. Tile: a work group owns a group of a sample, a thread its values t, t+128, …; the
    /// threads' sums meet in shared memory.</remarks>
    internal readonly struct GroupNormSimt : IGroupKernel<BatchNormArguments>
    {
        public static int GroupSize => GroupSum.Threads;

        public static void Run(BatchNormArguments arguments)
        {
            ArrayView<float> shared = GroupSum.Allocate();
            NormChannels channels = arguments.Channels;
            NormalizedValues values = channels.ValuesOfGroup(Grid.IdxX);
            int channel = channels.FirstOfGroup(Grid.IdxX);
            float first = TElement.Widen(arguments.Input[values.First]);
            Standardization by = MomentsOf<GroupSummation>(arguments.Input, values, first, channels.Epsilon, shared)
                .Standardization(channels.Epsilon);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                float value = by.Apply(TElement.Widen(arguments.Input[cursor.Offset]));
                arguments.Output[cursor.Offset] = TElement.Narrow(
                    TAffine.Apply(value, channels.Weight, channels.Bias, channel + cursor.Plane));
            }
        }
    }
}
