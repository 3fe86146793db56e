namespace AttentionKernels.Attention.Work;

/// <summary>The tiles of an item of work: it is cut by ranges of its keys, by heads, and by rows.</summary>
/// <remarks>
/// The last rows come first: under a causal mask they see the most keys, and the light tiles left to the end even out the workers. A
/// processor's worker takes the rows of a head one after the other, which find its keys in the cache. A GPU runs hundreds of tiles at a
/// time: it takes the last rows of all heads first (longest processing time first; Graham, "Bounds on multiprocessing timing
/// anomalies", 1969).
/// </remarks>
/// <param name="RowTiles">Tiles of the rows of a head.</param>
/// <param name="Heads">Heads, or groups of heads.</param>
internal readonly record struct TileGrid(int RowTiles, int Heads)
{
    /// <summary>1 where heads take turns, row tile by row tile, 0 where each comes after the other.</summary>
    /// <remarks>A byte: ILGPU takes structures for one whose flattened fields have the same types. With a ninth int in <see
    /// cref="UniformWork"/> it keeps the masked rows of tensor cores, nine ints too, in local memory.</remarks>
    public byte HeadsTakeTurns { get; init; }

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
    public WorkTile At(long index) => HeadsTakeTurns != 0 ? InTurns(index) : HeadByHead(index);

    /// <summary>The n-th tile where each head comes after the other.</summary>
    public WorkTile HeadByHead(long index)
    {
        long heads = index / RowTiles;
        return Tile((int)(heads / Heads), (int)(heads % Heads), (int)(index % RowTiles));
    }

    /// <summary>The n-th tile where heads take turns.</summary>
    public WorkTile InTurns(long index)
    {
        long rows = index / Heads;
        return Tile((int)(rows / RowTiles), (int)(index % Heads), (int)(rows % RowTiles));
    }

    private WorkTile Tile(int split, int head, int fromLast)
    {
        long firstKey = (long)split * SplitLength;
        return new WorkTile
        {
            Head = head,
            RowTile = RowTiles - 1 - fromLast,
            FirstKey = (int)Math.Min(firstKey, int.MaxValue),
            EndKey = (int)Math.Min(firstKey + SplitLength, int.MaxValue),
            State = FirstState + split,
        };
    }
}
