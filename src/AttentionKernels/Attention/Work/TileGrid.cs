namespace AttentionKernels.Attention.Work;

/// <summary>The tiles of an item of work: it is cut by ranges of its keys, by heads, and by rows.</summary>
/// <remarks>
/// Neighbours in rows are neighbours in the grid, and the last rows come first: under a causal mask they see the most keys, and the light
/// tiles left to the end even out the workers.
/// </remarks>
/// <param name="RowTiles">Tiles of the rows of a head.</param>
/// <param name="Heads">Heads, or groups of heads.</param>
internal readonly record struct TileGrid(int RowTiles, int Heads)
{
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
        long heads = index / RowTiles;
        int split = (int)(heads / Heads);
        long firstKey = (long)split * SplitLength;
        return new WorkTile
        {
            Head = (int)(heads % Heads),
            RowTile = RowTiles - 1 - (int)(index % RowTiles),
            FirstKey = (int)Math.Min(firstKey, int.MaxValue),
            EndKey = (int)Math.Min(firstKey + SplitLength, int.MaxValue),
            State = FirstState + split,
        };
    }
}
