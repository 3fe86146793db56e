namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>A mask that says of tiles of 64 keys the contrary of what it says of scores, so that a result shows which of both a kernel has
/// asked.</summary>
/// <remarks>Of the first tile, head 0 lets the first 64 queries see nothing; all of the second is seen; of what follows, each query sees a
/// key more than the one before.</remarks>
public readonly struct Contradiction : IMask<Contradiction>
{
    private const int Tile = 64;

    public static bool Allows(in Contradiction self, in Position at) => at.Key is < Tile or >= 2 * Tile;

    public static KeyRange Range(in Contradiction self, in QueryRange queries) => new(0, (2 * Tile) + queries.Last + 1);

    public static TileCoverage Coverage(in Contradiction self, in QueryRange queries, KeyRange keys)
    {
        if (keys.End <= Tile)
            return queries.LastHead == 0 && queries.Last < Tile ? TileCoverage.Empty : TileCoverage.Partial;
        return keys.First < Tile ? TileCoverage.Partial : keys.First < 2 * Tile ? TileCoverage.Full : TileCoverage.InRanges;
    }

    /// <summary>What is said of tiles.</summary>
    public static bool IsInTiles(Position at) => at.Key < Tile
        ? at.Head > 0 || at.Query >= Tile
        : at.Key < 2 * Tile || at.Key <= (2 * Tile) + at.Query;
}
