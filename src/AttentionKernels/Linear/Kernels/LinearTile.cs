using AttentionKernels.MicroKernels;

namespace AttentionKernels.Linear.Kernels;

/// <summary>
/// Some rows of the weight, about as many as the second-level cache holds, for up to <see cref="MaximumTokens"/> tokens: the work of
/// <see cref="LinearVector{TVector}"/>.
/// </summary>
/// <param name="FirstToken">The first token.</param>
/// <param name="Tokens">How many tokens.</param>
/// <param name="FirstRow">The first row of the weight.</param>
/// <param name="Rows">How many rows.</param>
internal readonly record struct LinearTile(int FirstToken, int Tokens, int FirstRow, int Rows)
{
    /// <summary>The most tokens of a tile.</summary>
    public const int MaximumTokens = 64;

    // Elements of the weight that are work enough for a tile.
    private const int WeightElements = 32 * 1024;

    /// <summary>Rows of a tile: whole blocks, which are read side by side, and so many that all workers get as many tiles.</summary>
    public static int RowsPerTile(int rows, int columns, int workers)
    {
        long runs = RunsOf((long)rows * columns, WeightElements);
        long tiles = runs == 1 ? 1 : RunsOf(runs, workers) * workers;
        return (int)(RunsOf(RunsOf(rows, tiles), SkinnyGemmShape.BlockTokens) * SkinnyGemmShape.BlockTokens);
    }

    /// <summary>How many tiles there are.</summary>
    public static long Count(LinearArguments arguments) =>
        RunsOf(arguments.Tokens, MaximumTokens) * RunsOf(arguments.Rows, arguments.RowsPerTile);

    /// <summary>The n-th tile; those of the same tokens are neighbours.</summary>
    public static LinearTile At(LinearArguments arguments, long index)
    {
        long rowRuns = RunsOf(arguments.Rows, arguments.RowsPerTile);
        int row = (int)(index % rowRuns) * arguments.RowsPerTile;
        int token = (int)(index / rowRuns) * MaximumTokens;
        return new LinearTile(
            token, Math.Min(MaximumTokens, arguments.Tokens - token), row, Math.Min(arguments.RowsPerTile, arguments.Rows - row));
    }

    private static long RunsOf(long count, long length) => (count + length - 1) / length;
}
