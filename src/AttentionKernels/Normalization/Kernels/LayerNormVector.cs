using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b, with the biased variance. Vector schedule.</summary>
/// <remarks>
/// Ba, Kiros and Hinton, "Layer normalization", 2016. Tile: one row; three passes, all but the first from the cache: the variance is
/// that of the differences from the mean, since a difference of two large sums loses what it looks for.
/// </remarks>
internal readonly struct LayerNormVector<TAffine> : ITileKernel<RowNormArguments>
    where TAffine : struct, IAffine
{
    public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        long input = tile * arguments.InputRowStride;
        long output = tile * arguments.OutputRowStride;
        float sum = 0f;
        for (int feature = 0; feature < arguments.Hidden; feature++)
            sum += arguments.Input[input + feature];
        float mean = sum / arguments.Hidden;

        float squares = 0f;
        for (int feature = 0; feature < arguments.Hidden; feature++)
        {
            float difference = arguments.Input[input + feature] - mean;
            squares = FusedMultiplyAdd.Fma(difference, difference, squares);
        }

        float inverse = 1f / MathF.Sqrt((squares / arguments.Hidden) + arguments.Epsilon);
        for (int feature = 0; feature < arguments.Hidden; feature++)
        {
            arguments.Output[output + feature] =
                TAffine.Apply((arguments.Input[input + feature] - mean) * inverse, arguments.Weight, arguments.Bias, feature);
        }
    }
}
