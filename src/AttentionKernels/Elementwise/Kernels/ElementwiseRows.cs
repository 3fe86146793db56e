using AttentionKernels.MicroKernels;

namespace AttentionKernels.Elementwise.Kernels;

/// <summary>The rows that a formula is applied to.</summary>
internal struct ElementwiseRows
{
    /// <summary>Elements that are work enough for a tile of a processor, and few enough for all workers to have some.</summary>
    private const int TileElements = 1 << 14;

    public RowDistances X;

    /// <summary>Of the second operand; zeros where all rows take the same one.</summary>
    public RowDistances Y;
    public RowDistances Output;

    /// <summary>How many rows there are.</summary>
    public long Count;

    /// <summary>Rows of an outer one; 0 where all lie at equal distances.</summary>
    public int Inner;

    /// <summary>Elements of a row.</summary>
    public int Columns;

    /// <summary>Rows of X, where indices say which one is taken.</summary>
    public int TableRows;

    /// <summary>On a processor: rows of a tile, but for the last; 1 where a row is several tiles.</summary>
    public int RowsPerTile;

    /// <summary>On a processor: runs of a row, a tile each.</summary>
    public int RunsPerRow;

    /// <summary>Whether all rows but for the first begin at multiples of four elements, if that does, and have whole fours of
    /// them.</summary>
    public readonly bool AreRegular() => Columns % 4 == 0 && X.AreRegular() && Y.AreRegular() && Output.AreRegular();

    /// <summary>Divides the rows among the tiles of a processor.</summary>
    /// <returns>How many there are.</returns>
    public long Divide()
    {
        RowsPerTile = Math.Max(1, TileElements / Columns);
        RunsPerRow = ((Columns - 1) / TileElements) + 1;
        return ((Count - 1) / RowsPerTile * RunsPerRow) + RunsPerRow;
    }

    /// <summary>The rows of a tile of a processor, and the run of elements of each.</summary>
    public readonly (long FirstRow, int Rows, int First, int Length) At(long tile)
    {
        Division at = Division.Of(tile, RunsPerRow);
        long row = at.Quotient * RowsPerTile;
        int first = at.Remainder * TileElements;
        return (row, (int)Math.Min(RowsPerTile, Count - row), first, Math.Min(TileElements, Columns - first));
    }
}
