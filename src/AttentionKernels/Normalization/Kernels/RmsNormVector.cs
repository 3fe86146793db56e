using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = x / √(mean(x²) + ε) · w. Vector schedule.</summary>
/// <remarks>Zhang and Sennrich, "Root mean square layer normalization", 2019. Tile: one row; two passes, the second from the cache.</remarks>
internal readonly struct RmsNormVector<TAffine> : ITileKernel<RowNormArguments>
    where TAffine : struct, IAffine
{
    public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        long input = tile * arguments.InputRowStride;
        long output = tile * arguments.OutputRowStride;
        float squares = VectorRow.Dot(arguments.Input, input, arguments.Input, input, arguments.Hidden);
        float inverse = 1f / MathF.Sqrt((squares / arguments.Hidden) + arguments.Epsilon);
        for (int feature = 0; feature < arguments.Hidden; feature++)
        {
            arguments.Output[output + feature] =
                TAffine.Apply(arguments.Input[input + feature] * inverse, arguments.Weight, arguments.Bias, feature);
        }
    }
}
