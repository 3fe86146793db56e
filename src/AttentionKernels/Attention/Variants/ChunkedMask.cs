namespace AttentionKernels;

/// <summary>Causal attention within chunks of so many tokens: a query at position p attends to the keys from ⌊p / size⌋ · size to p, the
/// last query being at the last key.</summary>
/// <remarks>Llama 4's local layers. A query that stands before the first key attends to none.</remarks>
public readonly struct ChunkedMask : IMask<ChunkedMask>
{
    private readonly int _size;

    /// <summary>Makes a mask.</summary>
    /// <param name="size">Tokens of a chunk.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is not positive.</exception>
    public ChunkedMask(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _size = size;
    }

    /// <summary>Tokens of a chunk; the default value of the struct has chunks of one.</summary>
    public int Size => Math.Max(1, _size);

    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in ChunkedMask self, in Position at) => at.Key >= self.Chunk(at.QueryPosition) && at.Key <= at.QueryPosition;

    /// <inheritdoc/>
    public static KeyRange Range(in ChunkedMask self, in QueryRange queries) =>
        new(self.Chunk(queries.FirstPosition), queries.LastPosition + 1);

    /// <inheritdoc/>
    public static TileCoverage Coverage(in ChunkedMask self, in QueryRange queries, KeyRange keys) =>
        IMask<ChunkedMask>.CoverageByRanges(self, queries, keys);

    // The first token of a position's chunk.
    private int Chunk(int position) => Math.Max(0, position) / Size * Size;
}
