using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>Policy type: how a schedule computes <see cref="ShiftedSums"/>.</summary>
    internal interface IShiftedSummation
    {
        /// <summary>Σ d and Σ d² with d = x·scale − center over all values.</summary>
        static abstract ShiftedSums Sums(
            ArrayView<TElement> input, NormalizedValues values, float scale, float center, ArrayView<float> shared);
    }
}
