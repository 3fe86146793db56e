using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>Sequences that each have their own number of queries and keys. The list of tiles depends on the queries alone, so that it stays
/// while keys are appended.</summary>
internal struct RaggedWork : IListedWork<RaggedWork>
{
    public ArrayView<WorkTile> Tiles;

    /// <summary>For each sequence its first query token, and one entry more that ends the last.</summary>
    public ArrayView<int> QueryStarts;

    /// <summary>For each sequence its number of key tokens.</summary>
    public ArrayView<int> KeyLengths;

    public static RaggedWork With(in RaggedWork self, ArrayView<WorkTile> tiles) => self with { Tiles = tiles };

    public static WorkTile Tile(in RaggedWork self, long index) => self.Tiles[index];

    public static WorkItem Item(in RaggedWork self, int index) => new()
    {
        Sequence = index,
        FirstToken = self.QueryStarts[index],
        Queries = self.QueryStarts[index + 1] - self.QueryStarts[index],
        Keys = self.KeyLengths[index],
    };
}
