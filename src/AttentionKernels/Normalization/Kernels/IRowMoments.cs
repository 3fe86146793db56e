using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What a row is normalised by, as a compile-time choice.</summary>
internal interface IRowMoments
{
    /// <summary>What is subtracted.</summary>
    static abstract float Mean<TWidth>(ArrayView<float> row, long offset, int count)
        where TWidth : struct, IVectorWidth;
}

/// <summary>x / √(mean(x²) + ε): nothing is subtracted, and the variance is that around 0.</summary>
internal readonly struct RootMeanSquare : IRowMoments
{
    public static float Mean<TWidth>(ArrayView<float> row, long offset, int count)
        where TWidth : struct, IVectorWidth => 0f;
}

/// <summary>(x − mean(x)) / √(var(x) + ε).</summary>
internal readonly struct MeanAndVariance : IRowMoments
{
    public static float Mean<TWidth>(ArrayView<float> row, long offset, int count)
        where TWidth : struct, IVectorWidth => RowNorm.Sum<TWidth>(row, offset, count) / count;
}
