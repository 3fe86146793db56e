namespace AttentionKernels.MicroKernels;

/// <summary>A tile of 8 × 4 numbers in registers, the share of one thread in a product of tiles: eight rows of four columns, or four
/// columns of eight rows.</summary>
internal readonly struct TallTile
{
    public readonly RegisterTile Upper;
    public readonly RegisterTile Lower;

    public TallTile(RegisterTile upper, RegisterTile lower)
    {
        Upper = upper;
        Lower = lower;
    }

    /// <summary>this + other.</summary>
    public TallTile Add(TallTile other) => new(Upper.Add(other.Upper), Lower.Add(other.Lower));

    /// <summary>Each row times its factor.</summary>
    public TallTile Scale(RegisterColumn factors) => new(Upper.Scale(factors.Upper), Lower.Scale(factors.Lower));

    /// <summary>this + rowsᵀ·columns: eight rows of four columns.</summary>
    public TallTile MultiplyAdd(RegisterColumn rows, RegisterRow columns) =>
        new(Upper.MultiplyAdd(rows.Upper, columns), Lower.MultiplyAdd(rows.Lower, columns));

    /// <summary>this + columnsᵀ·rows: four columns of eight rows.</summary>
    public TallTile MultiplyAdd(RegisterRow columns, RegisterColumn rows) =>
        new(Upper.MultiplyAdd(columns, rows.Upper), Lower.MultiplyAdd(columns, rows.Lower));
}
