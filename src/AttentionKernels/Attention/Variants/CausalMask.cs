namespace AttentionKernels;

/// <summary>Where the diagonal of a causal mask lies when there are more keys than queries, or fewer.</summary>
public enum CausalAlignment
{
    /// <summary>The last query attends to the last key: query i to the keys j ≤ i + keys − queries. What decoding with a cache
    /// needs.</summary>
    BottomRight,

    /// <summary>The first query attends to the first key: query i to the keys j ≤ i.</summary>
    TopLeft,
}

/// <summary>Causal attention: a query attends to the keys up to its own position.</summary>
public readonly struct CausalMask : IMask<CausalMask>
{
    private readonly int _topLeft;

    /// <summary>Makes a causal mask.</summary>
    /// <param name="alignment">Where the diagonal lies; the default value of the struct is bottom-right.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a value of the enumeration.</exception>
    public CausalMask(CausalAlignment alignment)
    {
        if (!Enum.IsDefined(alignment))
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "The alignment must be BottomRight or TopLeft.");
        _topLeft = alignment == CausalAlignment.TopLeft ? 1 : 0;
    }

    /// <summary>Where the diagonal lies.</summary>
    public CausalAlignment Alignment => _topLeft != 0 ? CausalAlignment.TopLeft : CausalAlignment.BottomRight;

    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in CausalMask self, in Position at) => at.Key <= at.Query + Shift(self, at.QueryLength, at.KeyLength);

    /// <inheritdoc/>
    public static KeyRange Range(in CausalMask self, in QueryRange queries) =>
        new(0, Math.Min(queries.KeyLength, queries.Last + Shift(self, queries.QueryLength, queries.KeyLength) + 1));

    /// <inheritdoc/>
    public static TileCoverage Coverage(in CausalMask self, in QueryRange queries, KeyRange keys) =>
        IMask<CausalMask>.CoverageByRanges(self, queries, keys);

    private static int Shift(in CausalMask self, int queryLength, int keyLength) => self._topLeft != 0 ? 0 : keyLength - queryLength;
}
