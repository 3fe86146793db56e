namespace AttentionKernels;

/// <summary>Full attention: every query attends to every key.</summary>
public readonly struct NoMask : IMask<NoMask>
{
    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in NoMask self, in Position at) => true;

    /// <inheritdoc/>
    public static KeyRange Range(in NoMask self, in QueryRange queries) => KeyRange.All(queries.KeyLength);

    /// <inheritdoc/>
    public static TileCoverage Coverage(in NoMask self, in QueryRange queries, KeyRange keys) => TileCoverage.Full;
}
