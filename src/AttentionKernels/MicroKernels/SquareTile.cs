namespace AttentionKernels.MicroKernels;

/// <summary>A tile of 8 × 8 numbers in registers, the share of one thread in a product of large tiles: eight rows of twice four
/// columns.</summary>
internal readonly struct SquareTile
{
    public readonly TallTile Left;
    public readonly TallTile Right;

    public SquareTile(TallTile left, TallTile right)
    {
        Left = left;
        Right = right;
    }

    /// <summary>this + other.</summary>
    public SquareTile Add(SquareTile other) => new(Left.Add(other.Left), Right.Add(other.Right));

    /// <summary>this + rowsᵀ·columns.</summary>
    public SquareTile MultiplyAdd(RegisterColumn rows, RegisterColumn columns) =>
        new(Left.MultiplyAdd(rows, columns.Upper), Right.MultiplyAdd(rows, columns.Lower));
}
