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
    public static long Count(LinearArguments arguments) =>
        RunsOf(arguments.Tokens, arguments.TokensPerTile) * RunsOf(arguments.Rows, arguments.RowsPerTile);

    /// <summary>The n-th tile; those of the same tokens are neighbours.</summary>
    public static LinearTile At(LinearArguments arguments, long index)
    {
        Division tokens = Division.Of(index, (int)RunsOf(arguments.Rows, arguments.RowsPerTile));
        int row = tokens.Remainder * arguments.RowsPerTile;
        int token = (int)tokens.Quotient * arguments.TokensPerTile;
        return new LinearTile(
            token, Math.Min(arguments.TokensPerTile, arguments.Tokens - token), row,
            Math.Min(arguments.RowsPerTile, arguments.Rows - row));
    }

    /// <summary>The tile of a work group; those of the same rows are neighbours, which read the weight at about the same time.</summary>
    public static LinearTile OfGroup(LinearArguments arguments, int group)
    {
        int tokenTiles = ((arguments.Tokens - 1) / arguments.TokensPerTile) + 1;
        int rowTile = group / tokenTiles;
        int row = rowTile * arguments.RowsPerTile;
        int token = (group - (rowTile * tokenTiles)) * arguments.TokensPerTile;
        return new LinearTile(
            token, Math.Min(arguments.TokensPerTile, arguments.Tokens - token), row,
            Math.Min(arguments.RowsPerTile, arguments.Rows - row));
    }

    /// <summary>A token of the matrix, by its place in the tile; the last one stands in for those behind it.</summary>
    public int Token(int place) => FirstToken + Math.Min(place, Tokens - 1);

    /// <summary>A row of the matrix, by its place in the tile; the last one stands in for those behind it.</summary>
    public int Row(int place) => FirstRow + Math.Min(place, Rows - 1);

    /// <summary>How many runs of some length there are in so many items.</summary>
    public static long RunsOf(long count, int length) => Division.Of(count + length - 1, length).Quotient;
}
