using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>
/// Items that share keys: a range of keys, and the queries of the neighbouring sequences that have it in common. Masks and modifiers see
/// each query where it stands in its sequence.
/// </summary>
internal struct CascadeWork : IWork<CascadeWork>
{
    public ArrayView<WorkTile> Tiles;

    /// <summary>The items.</summary>
    public ArrayView<WorkItem> Items;

    /// <summary>For each query token its sequence.</summary>
    public ArrayView<int> TokenSequences;

    public SequenceLengths Sequences;

    public static bool SharesKeys => true;

    public static WorkTile Tile(in CascadeWork self, long index) => self.Tiles[index];

    public static WorkItem Item(in CascadeWork self, int index) => self.Items[index];

    public static Position Position(in CascadeWork self, WorkItem item, int head, int query)
    {
        int token = item.FirstToken + query;
        WorkItem sequence = self.Sequences.Item(self.TokenSequences[token]);
        return new Position(sequence.Sequence, head, token - sequence.FirstToken, item.FirstKey, sequence.Queries, sequence.Keys);
    }
}
