namespace AttentionKernels.MicroKernels;

/// <summary>Σ d and Σ d² over the shifted values d = x·scale − center of a row: what mean and variance are made of.</summary>
/// <remarks>
/// Terms are added up in chunks of <see cref="Chunk"/>, and the chunks' totals with compensation, so that a sum of 2²⁵ terms is as good as
/// one of a few: Higham, "The accuracy of floating point summation", 1993.
/// </remarks>
internal struct ShiftedSums
{
    /// <summary>Terms that one accumulator takes before its total is added with compensation.</summary>
    public const int Chunk = 16;

    /// <summary>Σ d.</summary>
    public float Sum;

    /// <summary>Σ d².</summary>
    public float Squares;
}
