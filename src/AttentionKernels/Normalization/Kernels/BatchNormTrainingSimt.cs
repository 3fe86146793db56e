using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Simt
    /// schedule.</summary>
    /// <remarks>
    /// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a work group owns a channel, a thread its values t, t+128, …; the threads'
    /// sums meet in shared memory, twice, the second time next to the mean, and once more for the mean alone.
    /// </remarks>
    internal readonly struct BatchNormTrainingSimt : IGroupKernel<BatchNormArguments>
    {
        public static int GroupSize => GroupSum.Threads;

        public static void Run(BatchNormArguments arguments)
        {
            ArrayView<float> shared = GroupSum.Allocate();
            NormChannels channels = arguments.Channels;
            int channel = Grid.IdxX;
            NormalizedValues values = channels.ValuesOf(channel);
            float first = TElement.Widen(arguments.Input[values.First]);
            Moments moments = MomentsOf<GroupSummation>(arguments.Input, values, first, channels.Epsilon, shared);
            float mean = moments.Mean(GroupSummation.Sum(arguments.Input, values, moments.Scale, shared), values.Count);
            Standardization by = moments.Standardization(channels.Epsilon);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                float value = by.Apply(TElement.Widen(arguments.Input[cursor.Offset]));
                arguments.Output[cursor.Offset] = TElement.Narrow(TAffine.Apply(value, channels.Weight, channels.Bias, channel));
            }

            if (Group.IdxX == 0)
                channels.StoreStatistics(channel, mean, moments, by);
        }
    }
}
