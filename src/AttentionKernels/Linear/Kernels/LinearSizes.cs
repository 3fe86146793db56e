namespace AttentionKernels.Linear.Kernels;

/// <summary>The sizes of a linear layer, and of the tiles that its work is divided into.</summary>
internal struct LinearSizes
{
    public int Tokens;
    public int Rows;
    public int Columns;

    /// <summary>Tokens of a tile, but for the last.</summary>
    public int TokensPerTile;

    /// <summary>Rows of the weight of a tile, but for the last.</summary>
    public int RowsPerTile;
}
