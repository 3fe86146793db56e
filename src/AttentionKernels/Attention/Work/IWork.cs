namespace AttentionKernels.Attention.Work;

/// <summary>
/// Which work there is: the n-th tile in closed form, where all sequences are alike, or from a list, where they are not. Kernels are
/// generic over it, and decode no index themselves.
/// </summary>
/// <typeparam name="TSelf">The work itself.</typeparam>
internal interface IWork<TSelf>
    where TSelf : struct, IWork<TSelf>
{
    /// <summary>Whether an item may hold queries of several sequences.</summary>
    static virtual bool SharesKeys => false;

    /// <summary>A tile, of a worker that takes one after the other.</summary>
    static abstract WorkTile Tile(in TSelf self, long index);

    /// <summary>A tile, of one of the work groups that a GPU runs at a time: heads take turns (<see cref="TileGrid"/>).</summary>
    static virtual WorkTile TileOfGroup(in TSelf self, long index) => TSelf.Tile(self, index);

    /// <summary>An item.</summary>
    static abstract WorkItem Item(in TSelf self, int index);

    /// <summary>A query token of an item as masks and modifiers see it, against the first of the item's keys.</summary>
    static virtual Position Position(in TSelf self, WorkItem item, int head, int query) =>
        new(item.Sequence, head, query, 0, item.Queries, item.Keys);
}
