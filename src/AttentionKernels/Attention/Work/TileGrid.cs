using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Work;

/// <summary>The tiles of an item of work: it is cut by ranges of its keys, by heads, and by rows.</summary>
/// <remarks>
/// The last rows come first: under a causal mask they see the most keys, and the light tiles left to the end even out the workers. A
/// processor's worker takes the rows of a head one after the other, which find its keys in the cache. A GPU runs hundreds of tiles at a
/// time: it takes the last rows of several heads first (longest processing time first; Graham, "Bounds on multiprocessing timing
/// anomalies", 1969), as many as whose keys and values its cache holds.
/// </remarks>
/// <param name="RowTiles">Tiles of the rows of a head.</param>
/// <param name="Heads">Heads, or groups of heads.</param>
internal readonly record struct TileGrid(int RowTiles, int Heads)
{
    /// <summary>How many heads take turns, row tile by row tile; 1 where each comes after the other.</summary>
    public int HeadsTogether { get; init; } = 1;

    /// <summary>Ranges that the keys are split into.</summary>
    public int Splits { get; init; } = 1;

    /// <summary>Keys of a range, but for the last.</summary>
    public int SplitLength { get; init; } = int.MaxValue;

    /// <summary>The partial state that tiles of the first range write.</summary>
    public int FirstState { get; init; }

    /// <summary>How many tiles there are.</summary>
    public long Count => (long)Splits * Heads * RowTiles;

    /// <summary>The same tiles once for all ranges of keys, to merge what those write.</summary>
    public TileGrid OfMerges() => new(RowTiles, Heads) { FirstState = FirstState + Splits - 1 };

    /// <summary>The n-th tile, but for whose it is.</summary>
    public WorkTile At(long index)
    {
        long tilesOfSplit = (long)Heads * RowTiles;
        int split = (int)(index / tilesOfSplit);
        long tile = index % tilesOfSplit;
        long tilesTogether = (long)HeadsTogether * RowTiles;
        int firstHead = (int)(tile / tilesTogether) * HeadsTogether;
        Division row = Division.Of(tile % tilesTogether, Math.Min(HeadsTogether, Heads - firstHead));
        long firstKey = (long)split * SplitLength;
        return new WorkTile
        {
            Head = firstHead + row.Remainder,
            RowTile = RowTiles - 1 - (int)row.Quotient,
            FirstKey = (int)Math.Min(firstKey, int.MaxValue),
            EndKey = (int)Math.Min(firstKey + SplitLength, int.MaxValue),
            State = FirstState + split,
        };
    }
}
