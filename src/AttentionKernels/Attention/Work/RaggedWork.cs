using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>Sequences that each have their own number of queries and keys. The list of tiles depends on the queries alone, so that it stays
/// while keys are appended.</summary>
internal struct RaggedWork : IWork<RaggedWork>
{
    public ArrayView<WorkTile> Tiles;

    public SequenceLengths Sequences;

    public static WorkTile Tile(in RaggedWork self, long index) => self.Tiles[index];

    public static WorkItem Item(in RaggedWork self, int index) => self.Sequences.Item(index);
}
