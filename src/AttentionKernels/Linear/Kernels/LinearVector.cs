using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

/// <summary>y[token][row] = Σ over the columns of weight[row][column] · x[token][column]. Vector schedule.</summary>
/// <remarks>
/// <para>Tile: some rows of the weight, about as many as the second-level cache holds, for up to <see cref="Tokens"/> tokens. The work is
/// <see cref="SkinnyGemm{TVector}"/>: four rows of the weight are read side by side, each once, with the next four prefetched on the
/// way, and four tokens at a time share what is loaded.</para>
/// <para>How the terms of an element are added depends on the number of columns alone, so a token gets the same bits among any
/// others.</para>
/// </remarks>
internal readonly struct LinearVector<TVector> : ITileKernel<LinearArguments>
    where TVector : struct, IVector<TVector>
{
    /// <summary>The most tokens of a tile.</summary>
    public const int Tokens = 64;

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
    public static long Tiles(LinearArguments arguments) => RunsOf(arguments.Tokens, Tokens) * RunsOf(arguments.Rows, arguments.RowsPerTile);

    public static void Run(LinearArguments arguments, long tile, ArrayView<float> scratch)
    {
        long rowRuns = RunsOf(arguments.Rows, arguments.RowsPerTile);
        int firstRow = (int)(tile % rowRuns) * arguments.RowsPerTile;
        int firstToken = (int)(tile / rowRuns) * Tokens;
        ArrayView<float> output = arguments.Output.SubView(((long)firstToken * arguments.Rows) + firstRow);
        SkinnyGemm<TVector>.Scores<StoredFp32>(
            arguments.Input.SubView((long)firstToken * arguments.Columns),
            arguments.Weight.SubView((long)firstRow * arguments.Columns).Cast<StoredFp32>(), arguments.Columns,
            new TileView(output, arguments.Rows),
            Math.Min(Tokens, arguments.Tokens - firstToken), Math.Min(arguments.RowsPerTile, arguments.Rows - firstRow), arguments.Columns);
    }

    private static long RunsOf(long count, long length) => (count + length - 1) / length;
}
