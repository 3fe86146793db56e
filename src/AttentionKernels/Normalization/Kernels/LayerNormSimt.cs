using AttentionKernels.Intrinsics;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b, with the biased variance. Simt schedule.</summary>
/// <remarks>
/// Ba, Kiros and Hinton, "Layer normalization", 2016. Tile: a work group owns a row, a thread the features t, t+128, …; the threads' sums
/// meet in shared memory, first for the mean, then for the variance.
/// </remarks>
internal readonly struct LayerNormSimt<TAffine> : IGroupKernel<RowNormArguments>
    where TAffine : struct, IAffine
{
    public static int GroupSize => GroupSum.Threads;

    public static void Run(RowNormArguments arguments)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupSum.Threads);
        long input = Grid.IdxX * arguments.InputRowStride;
        long output = Grid.IdxX * arguments.OutputRowStride;
        float sum = 0f;
        for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
            sum += arguments.Input[input + feature];
        float mean = GroupSum.Of(sum, shared) / arguments.Hidden;

        float squares = 0f;
        for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
        {
            float difference = arguments.Input[input + feature] - mean;
            squares = FusedMultiplyAdd.Fma(difference, difference, squares);
        }

        float inverse = 1f / MathF.Sqrt((GroupSum.Of(squares, shared) / arguments.Hidden) + arguments.Epsilon);
        for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
        {
            arguments.Output[output + feature] =
                TAffine.Apply((arguments.Input[input + feature] - mean) * inverse, arguments.Weight, arguments.Bias, feature);
        }
    }
}
