using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>How moments are found.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>The moments of some values, one of which, or a number near them, is the first pivot.</summary>
    /// <remarks>
    /// <para>Shifted moments: with d = x − c for a pivot c, mean(x) = c + mean(d) and var(x) = mean(d²) − mean(d)², in one pass. The
    /// difference loses nothing as long as c is near the mean, however far both are from zero; the first value is, as a rule. Where the
    /// mean turns out to be more than two deviations away, it is the pivot of a second pass. Chan, Golub and LeVeque, "Algorithms for
    /// computing the sample variance", 1983.</para>
    /// <para>Squares overflow or underflow long before the values do. Where they do, the values are taken times another power of two: three
    /// such scales cover the range of fp32. Blue, "A portable Fortran program to find the Euclidean norm of a vector", 1978.</para>
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Moments MomentsOf<TSummation>(
        ArrayView<TElement> input, NormalizedValues values, float first, float epsilon, ArrayView<float> shared)
        where TSummation : struct, IShiftedSummation
    {
        float scale = 1f;
        float center = TCenter.IsMean ? first : 0f;
        float count = values.Count;
        ShiftedSums sums = TSummation.Sums(input, values, scale, center, shared);
        float square = (sums.Squares / count) + epsilon;

        // Next to a pivot of 1 and more, differences that are not zero are not small.
        bool isLarge = square > Moments.LargestSquare;
        bool isSmall = square < Moments.SmallestSquare && MathF.Abs(center) < 1f;
        if (isLarge || isSmall)
        {
            scale = isLarge ? Moments.ScaleOfLarge : Moments.ScaleOfSmall;
            center *= scale;
            sums = TSummation.Sums(input, values, scale, center, shared);
        }

        float offset = TCenter.IsMean ? sums.Sum / count : 0f;
        float variance = FusedMultiplyAdd.Fma(-offset, offset, sums.Squares / count);
        if (TCenter.IsMean && offset * offset > TCenter.LargestOffset * variance)
        {
            center += offset;
            sums = TSummation.Sums(input, values, scale, center, shared);
            offset = sums.Sum / count;
            variance = FusedMultiplyAdd.Fma(-offset, offset, sums.Squares / count);
        }

        return new Moments { Scale = scale, Center = center, Offset = offset, Variance = variance };
    }
}
