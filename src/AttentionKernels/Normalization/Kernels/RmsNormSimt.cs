using AttentionKernels.Intrinsics;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = x / √(mean(x²) + ε) · w. Simt schedule.</summary>
/// <remarks>
/// Zhang and Sennrich, "Root mean square layer normalization", 2019. Tile: a work group owns a row, a thread the features t, t+128, …; the
/// threads' sums meet in shared memory.
/// </remarks>
internal readonly struct RmsNormSimt<TAffine> : IGroupKernel<RowNormArguments>
    where TAffine : struct, IAffine
{
    public static int GroupSize => GroupSum.Threads;

    public static void Run(RowNormArguments arguments)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupSum.Threads);
        long input = Grid.IdxX * arguments.InputRowStride;
        long output = Grid.IdxX * arguments.OutputRowStride;
        float squares = 0f;
        for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
        {
            float value = arguments.Input[input + feature];
            squares = FusedMultiplyAdd.Fma(value, value, squares);
        }

        float inverse = 1f / MathF.Sqrt((GroupSum.Of(squares, shared) / arguments.Hidden) + arguments.Epsilon);
        for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
        {
            arguments.Output[output + feature] =
                TAffine.Apply(arguments.Input[input + feature] * inverse, arguments.Weight, arguments.Bias, feature);
        }
    }
}
