using AttentionKernels.MicroKernels;

namespace AttentionKernels.Linear.Kernels;

/// <summary>Some rows of the weight for some tokens: the work of a linear layer, in closed form.</summary>
/// <param name="FirstToken">The first token.</param>
/// <param name="Tokens">How many tokens.</param>
/// <param name="FirstRow">The first row of the weight.</param>
/// <param name="Rows">How many rows.</param>
internal readonly record struct LinearTile(int FirstToken, int Tokens, int FirstRow, int Rows)
{
    /// <summary>How many tiles there are.</summary>
    public static long Count(LinearSizes sizes) =>
        RunsOf(sizes.Tokens, sizes.TokensPerTile) * RunsOf(sizes.Rows, sizes.RowsPerTile);

    /// <summary>The n-th tile; those of the same tokens are neighbours.</summary>
    public static LinearTile At(LinearSizes sizes, long index)
    {
        Division tokens = Division.Of(index, (int)RunsOf(sizes.Rows, sizes.RowsPerTile));
        int row = tokens.Remainder * sizes.RowsPerTile;
        int token = (int)tokens.Quotient * sizes.TokensPerTile;
        return new LinearTile(
            token, Math.Min(sizes.TokensPerTile, sizes.Tokens - token), row,
            Math.Min(sizes.RowsPerTile, sizes.Rows - row));
    }

    /// <summary>The tile of a work group; those of the same rows are neighbours, which read the weight at about the same time.</summary>
    public static LinearTile OfGroup(LinearSizes sizes, int group)
    {
        int tokenTiles = ((sizes.Tokens - 1) / sizes.TokensPerTile) + 1;
        int rowTile = group / tokenTiles;
        int row = rowTile * sizes.RowsPerTile;
        int token = (group - (rowTile * tokenTiles)) * sizes.TokensPerTile;
        return new LinearTile(
            token, Math.Min(sizes.TokensPerTile, sizes.Tokens - token), row,
            Math.Min(sizes.RowsPerTile, sizes.Rows - row));
    }

    /// <summary>A token of the matrix, by its place in the tile; the last one stands in for those behind it.</summary>
    public int Token(int place) => FirstToken + Math.Min(place, Tokens - 1);

    /// <summary>A row of the matrix, by its place in the tile; the last one stands in for those behind it.</summary>
    public int Row(int place) => FirstRow + Math.Min(place, Rows - 1);

    /// <summary>How many runs of some length there are in so many items.</summary>
    public static long RunsOf(long count, int length) => Division.Of(count + length - 1, length).Quotient;
}
