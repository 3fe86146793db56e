using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w. Vector schedule.</summary>
/// <remarks>
/// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization", 2019.</para>
/// <para>Tile: one row; two or three passes, all but the first from the cache. The variance is that of the differences from the mean, since
/// a difference of two large sums loses what it looks for. Rows that no cache will hold are stored past it, which saves reading the memory
/// that they overwrite.</para>
/// </remarks>
internal readonly struct RowNormVector<TMoments, TAffine, TWidth, TStore> : ITileKernel<RowNormArguments>
    where TMoments : struct, IRowMoments
    where TAffine : struct, IAffine
    where TWidth : struct, IVectorWidth
    where TStore : struct, IRowStore
{
    public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        long input = tile * arguments.InputRowStride;
        float mean = TMoments.Mean<TWidth>(arguments.Input, input, arguments.Hidden);
        float squares = RowNorm.SquaredDifferences<TWidth>(arguments.Input, input, mean, arguments.Hidden);
        float inverse = 1f / MathF.Sqrt((squares / arguments.Hidden) + arguments.Epsilon);
        RowNorm.Normalize<TWidth, TAffine, TStore>(
            arguments.Input, input, mean, inverse, arguments.Weight, 0, arguments.Bias, 0,
            arguments.Output, tile * arguments.OutputRowStride, arguments.Hidden);
    }
}
