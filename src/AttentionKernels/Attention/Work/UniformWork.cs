namespace AttentionKernels.Attention.Work;

/// <summary>Sequences of a batch that all have as many queries and keys: items and tiles in closed form.</summary>
internal struct UniformWork : IWork<UniformWork>
{
    public int Queries;
    public int Keys;

    /// <summary>The tiles of each item.</summary>
    public TileGrid Grid;

    /// <summary>1 if rows have partial states, 0 if tiles write outputs.</summary>
    public int HasStates;

    public static WorkTile Tile(in UniformWork self, long index)
    {
        long tiles = self.Grid.Count;
        return Of(self, self.Grid.HeadByHead(index % tiles), (int)(index / tiles));
    }

    public static WorkTile TileOfGroup(in UniformWork self, long index)
    {
        long tiles = self.Grid.Count;
        return Of(self, self.Grid.InTurns(index % tiles), (int)(index / tiles));
    }

    private static WorkTile Of(in UniformWork self, WorkTile tile, int item) =>
        tile with { Item = item, StateRow = self.HasStates != 0 ? item * self.Queries : -1 };

    public static WorkItem Item(in UniformWork self, int index) => new() { Sequence = index, Queries = self.Queries, Keys = self.Keys };
}
