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

    /// <summary>Whether rows have whole fours of columns.</summary>
    public readonly bool HaveWholeFours() => Columns % 4 == 0;

    /// <summary>The sizes that a plan is made for.</summary>
    public static LinearSizes Most(int tokens, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return new LinearSizes { Tokens = tokens, Rows = rows, Columns = columns };
    }
}
