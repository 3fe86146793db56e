using AttentionKernels.MicroKernels;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Mean and variance of values that are normalised together.</summary>
/// <remarks>How they are found, <see cref="NormModule{TElement, TCenter, TAffine}.MomentsOf"/> says.</remarks>
internal struct Moments
{
    // Mean squares, with ε, that nothing was lost of. A first value far from all others makes up at most 2²⁵ of its variance.
    internal const float SmallestSquare = 1f / (1L << 62) / (1 << 13);
    internal const float LargestSquare = (float)(1L << 60) * (1L << 60);
    internal const float ScaleOfLarge = 1f / (1L << 40) / (1L << 40);
    internal const float ScaleOfSmall = (float)(1L << 32) * (1L << 32);

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
}
