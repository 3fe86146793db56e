namespace AttentionKernels.Attention.Work;

/// <summary>The tiles of all items, each cut by rows, heads, and splits of its keys; neighbours in rows are neighbours in the
/// grid.</summary>
/// <param name="RowTiles">Tiles of the rows of a head.</param>
/// <param name="Heads">Heads, or groups of heads.</param>
/// <param name="Splits">Splits of an item's keys.</param>
internal readonly record struct TileGrid(int RowTiles, int Heads, int Splits)
{
    /// <summary>How many tiles there are.</summary>
    public long Count(int items) => (long)items * Splits * Heads * RowTiles;

    /// <summary>The n-th tile.</summary>
    public TileCoordinates At(long index)
    {
        long heads = index / RowTiles;
        long splits = heads / Heads;
        return new TileCoordinates((int)(index % RowTiles), (int)(heads % Heads), (int)(splits % Splits), (int)(splits / Splits));
    }
}

/// <summary>Where a tile stands in a <see cref="TileGrid"/>.</summary>
/// <param name="RowTile">The tile of rows.</param>
/// <param name="Head">The head, or group of heads.</param>
/// <param name="Split">The split of the item's keys.</param>
/// <param name="Item">The item.</param>
internal readonly record struct TileCoordinates(int RowTile, int Head, int Split, int Item);
