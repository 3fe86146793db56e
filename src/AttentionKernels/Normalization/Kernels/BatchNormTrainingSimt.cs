using AttentionKernels.Intrinsics;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Simt schedule.</summary>
/// <remarks>
/// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a work group owns a channel, a thread its values t, t+128, …; the threads' sums
/// meet in shared memory, first for the mean, then for the variance.
/// </remarks>
internal readonly struct BatchNormTrainingSimt<TAffine> : IGroupKernel<BatchNormArguments>
    where TAffine : struct, IAffine
{
    public static int GroupSize => GroupSum.Threads;

    public static void Run(BatchNormArguments arguments)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupSum.Threads);
        int channel = Grid.IdxX;
        float sum = 0f;
        for (long n = Group.IdxX; n < arguments.Count; n += GroupSum.Threads)
            sum += arguments.Input[arguments.Offset(channel, n)];
        float mean = GroupSum.Of(sum, shared) / arguments.Count;

        float squares = 0f;
        for (long n = Group.IdxX; n < arguments.Count; n += GroupSum.Threads)
        {
            float difference = arguments.Input[arguments.Offset(channel, n)] - mean;
            squares = FusedMultiplyAdd.Fma(difference, difference, squares);
        }

        squares = GroupSum.Of(squares, shared);
        float inverse = 1f / MathF.Sqrt((squares / arguments.Count) + arguments.Epsilon);
        for (long n = Group.IdxX; n < arguments.Count; n += GroupSum.Threads)
        {
            long offset = arguments.Offset(channel, n);
            arguments.Output[offset] = TAffine.Apply((arguments.Input[offset] - mean) * inverse, arguments.Weight, arguments.Bias, channel);
        }

        if (Group.IdxX == 0)
            arguments.StoreStatistics(channel, mean, squares, inverse);
    }
}
