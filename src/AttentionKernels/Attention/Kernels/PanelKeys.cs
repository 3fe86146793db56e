namespace AttentionKernels.Attention.Kernels;

/// <summary>Which keys of a tile a panel attends to.</summary>
internal readonly struct PanelKeys
{
    public PanelKeys(int firstOfTile, int skipped, int count)
    {
        Skipped = skipped;
        First = firstOfTile + skipped;
        Count = count;
    }

    /// <summary>Keys at the tile's start that no lane attends to.</summary>
    public int Skipped { get; }

    /// <summary>The first key, from the item's first.</summary>
    public int First { get; }

    /// <summary>How many; none where this is not positive.</summary>
    public int Count { get; }
}
