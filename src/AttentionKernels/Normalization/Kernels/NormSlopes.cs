using AttentionKernels.MicroKernels;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>How gradients pass through a norm of so many values, by the sums over them, without their weight where all share
    /// one.</summary>
    private static NormSlope SlopeOf(Standardization by, GradientSums sums, float count, float weight) => new()
    {
        Factor = by.Scale * by.Inverse,
        Mean = TCenter.IsMean && !TCenter.IsGiven ? weight * sums.Sum / count : 0f,
        Correlation = TCenter.IsGiven ? 0f : weight * sums.Products / count,
        Weight = weight,
    };
}
