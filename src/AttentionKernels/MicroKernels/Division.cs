namespace AttentionKernels.MicroKernels;

/// <summary>index = quotient · divisor + remainder, for an index of a tile or an element.</summary>
/// <remarks>A GPU has no division; of 64 bits it takes some hundred instructions, of 32 bits some twenty, and few indices need more than
/// 31.</remarks>
/// <param name="Quotient">The quotient.</param>
/// <param name="Remainder">The remainder.</param>
internal readonly record struct Division(long Quotient, int Remainder)
{
    /// <summary>Divides an index, at least 0, by a divisor of at least 1.</summary>
    public static Division Of(long index, int divisor)
    {
        long quotient = IndexDivision.Quotient(index, divisor);
        return new Division(quotient, (int)index - ((int)quotient * divisor));
    }
}
