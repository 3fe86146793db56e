using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Batch norm: what its kernels are generic over, once.</summary>
/// <typeparam name="TAffine">Which weights and biases follow.</typeparam>
internal static partial class BatchNormModule<TAffine>
    where TAffine : struct, IAffine
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
            int channel = Grid.IdxX;
            NormalizedValues values = arguments.ValuesOf(channel);
            Moments moments = Moments.Of<GroupSummation, AboutExactMean>(arguments.Input, values, arguments.Epsilon, shared);
            float mean = moments.Mean(GroupSummation.Sum(arguments.Input, values, moments.Scale, shared), values.Count);
            Standardization by = moments.Standardization(arguments.Epsilon);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values); cursor.Advance(values))
            {
                float value = by.Apply(arguments.Input[cursor.Offset]);
                arguments.Output[cursor.Offset] = TAffine.Apply(value, arguments.Weight, arguments.Bias, channel);
            }

            if (Group.IdxX == 0)
                arguments.StoreStatistics(channel, mean, moments, by);
        }
    }
}
