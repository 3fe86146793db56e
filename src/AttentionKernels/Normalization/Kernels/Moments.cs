using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Mean and variance of values that are normalised together.</summary>
/// <remarks>
/// <para> Shifted moments: with d = x − c for a pivot c, mean(x) = c + mean(d) and var(x) = mean(d²) − mean(d)², in one pass. The
/// difference loses nothing as long as c is near the mean, however far both are from zero; the first value is, as a rule. Where the mean
/// turns out to be more than two deviations away, it is the pivot of a second pass. Chan, Golub and LeVeque, "Algorithms for computing the
/// sample variance", 1983.
/// </para>
/// <para> Squares overflow or underflow long before the values do. Where they do, the values are taken times another power of two: three
/// such scales cover the range of fp32. Blue, "A portable Fortran program to find the Euclidean norm of a vector", 1978.
/// </para>
/// </remarks>
internal struct Moments
{
    // Mean squares, with ε, that nothing was lost of. A first value far from all others makes up at most 2²⁵ of its variance.
    private const float SmallestSquare = 1f / (1L << 62) / (1 << 13);
    private const float LargestSquare = (float)(1L << 60) * (1L << 60);
    private const float ScaleOfLarge = 1f / (1L << 40) / (1L << 40);
    private const float ScaleOfSmall = (float)(1L << 32) * (1L << 32);

    /// <summary>A power of two; the other fields are about x·Scale.</summary>
    public float Scale;

    /// <summary>The pivot.</summary>
    public float Center;

    /// <summary>The mean, less the pivot.</summary>
    public float Offset;

    /// <summary>The biased variance; about zero, the mean square.</summary>
    public float Variance;

    /// <summary>How the values are brought to mean 0 and deviation 1, ε added to the variance.</summary>
    public readonly Standardization Standardization(float epsilon) =>
        new() { Scale = Scale, Center = Center, Offset = Offset, Inverse = 1f / MathF.Sqrt(Variance + (epsilon * Scale * Scale)) };

    /// <summary>The mean to the last bits of fp32 however small it is beside the deviation, where it is a result itself: from the sum of
    /// the values, times the scale.</summary>
    /// <remarks>Center and offset tell it to the rounding of differences from the pivot, which may cost 4e-8 deviations.</remarks>
    public readonly float Mean(float sum, long count)
    {
        float mean = sum / count / Scale;

        // Where all values are the largest that there is, the quotient may be rounded to infinity; the pivot is right then.
        return MathF.Abs(mean) <= float.MaxValue ? mean : (Center + Offset) / Scale;
    }

    /// <summary>The moments of some values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Moments Of<TSummation, TCenter>(ArrayView<float> input, NormalizedValues values, float epsilon, ArrayView<float> shared)
        where TSummation : struct, IShiftedSummation
        where TCenter : struct, IMomentsCenter
    {
        float scale = 1f;
        float center = TCenter.IsMean ? input[values.First] : 0f;
        float count = values.Count;
        ShiftedSums sums = TSummation.Sums(input, values, scale, center, shared);
        float square = (sums.Squares / count) + epsilon;

        // Next to a pivot of 1 and more, differences that are not zero are not small.
        bool isLarge = square > LargestSquare;
        bool isSmall = square < SmallestSquare && MathF.Abs(center) < 1f;
        if (isLarge || isSmall)
        {
            scale = isLarge ? ScaleOfLarge : ScaleOfSmall;
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
