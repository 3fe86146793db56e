namespace AttentionKernels.Attention.Work;

/// <summary>A tile of an item of work: some of its rows, for a head or some heads, against a range of its keys; and where the result
/// goes.</summary>
internal struct WorkTile
{
    /// <summary>The item.</summary>
    public int Item;

    /// <summary>The head, or the group of heads, as the kernel counts them.</summary>
    public int Head;

    /// <summary>The tile of rows.</summary>
    public int RowTile;

    /// <summary>The first key of the range, from the item's first; may lie behind the item's keys.</summary>
    public int FirstKey;

    /// <summary>One past the last key of the range; may lie behind the item's keys.</summary>
    public int EndKey;

    /// <summary>Where the item's first query stands among those whose rows have partial states; −1 if the tile writes outputs.</summary>
    public int StateRow;

    /// <summary>Which of a row's partial states the tile writes; of a merge, the last one that there is.</summary>
    public int State;

    /// <summary>Whether the tile's rows have partial states, which are merged in the end.</summary>
    public readonly bool HasStates => StateRow >= 0;

    /// <summary>The keys of the range.</summary>
    public readonly KeyRange Keys(WorkItem item) => new(Math.Min(FirstKey, item.Keys), Math.Min(EndKey, item.Keys));
}
