using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

internal static partial class LinearModule<TActivation, TWeight>
{
    /// <summary>y[token][row] = Σ over the columns of weight[row][column] · x[token][column], and the row's bias, if any. Vector
    /// schedule.</summary>
    /// <remarks>
    /// <para>Tile: <see cref="LinearTile"/>. The work is <see cref="SkinnyGemm{TVector, TFormat}"/>: four rows of the weight are read side
    /// by side, each once, with the next four prefetched on the way, and four tokens at a time share what is loaded.</para>
    /// <para>How the terms of an element are added depends on the number of columns alone, so a token gets the same bits among any
    /// others. A bias is added to the sums while they are in the cache.</para>
    /// <para>Of 16-bit activations a tile's tokens are widened into scratch memory first, and its sums, which are there too, are rounded
    /// last.</para>
    /// </remarks>
    internal readonly struct LinearVector<TVector> : ITileKernel<LinearArguments>
        where TVector : struct, IVector<TVector>
    {
        // Elements of the weight that are work enough for a tile.
        private const int WeightElements = 32 * 1024;

        // The most tokens of a tile.
        private const int MaximumTokens = 64;

        // Numbers of widened tokens, if there are two or more: 4 MiB for each worker, and all tokens of 16,384 columns.
        private const int WidenedNumbers = 1 << 20;

        // Rows of a tile whose tokens are widened, or more: they share the widening, which takes as long as products with some ten of them.
        private const int RowsOfWidened = 128;

        /// <summary>How the work is divided into tiles. Their rows are about as many as the second-level cache holds, whole blocks, which
        /// are read side by side, and so many that all workers get as many tiles.</summary>
        public static LinearSizes Divided(LinearSizes sizes, int workers)
        {
            long runs = LinearTile.RunsOf((long)sizes.Rows * sizes.Columns, WeightElements);
            int tiles = runs == 1 ? 1 : (int)LinearTile.RunsOf(runs, workers) * workers;
            sizes.RowsPerTile = InBlocks(LinearTile.RunsOf(sizes.Rows, tiles));
            sizes.TokensPerTile = MaximumTokens;
            if (!TActivation.IsSingle)
            {
                int ofWorker = InBlocks(LinearTile.RunsOf(sizes.Rows, workers));
                sizes.RowsPerTile = Math.Max(sizes.RowsPerTile, Math.Min(RowsOfWidened, ofWorker));
                sizes.TokensPerTile = Math.Clamp(WidenedNumbers / sizes.Columns, 1, MaximumTokens);
            }

            return sizes;
        }

        /// <summary>Numbers of scratch memory of a tile, of sizes that are divided.</summary>
        public static long ScratchLength(LinearSizes sizes) => TActivation.IsSingle
            ? 0
            : Math.Min(sizes.Tokens, sizes.TokensPerTile) * ((long)sizes.Columns + sizes.RowsPerTile);

        public static void Run(LinearArguments arguments, long tile, ArrayView<float> scratch)
        {
            LinearTile at = LinearTile.At(arguments.Sizes, tile);
            ArrayView<TActivation> input = arguments.Input.SubView((long)at.FirstToken * arguments.Sizes.Columns);
            ArrayView<TActivation> output = arguments.Output.SubView(((long)at.FirstToken * arguments.Sizes.Rows) + at.FirstRow);
            if (TActivation.IsSingle)
            {
                Multiply(arguments, at, input.Cast<float>(), new TileView(output.Cast<float>(), arguments.Sizes.Rows));
                return;
            }

            int numbers = at.Tokens * arguments.Sizes.Columns;
            var sums = new TileView(scratch.SubView(numbers), arguments.Sizes.RowsPerTile);
            StoredRow<TActivation>.Widen(input, scratch, numbers);
            Multiply(arguments, at, scratch, sums);
            for (int token = 0; token < at.Tokens; token++)
            {
                StoredRow<TActivation>.Narrow(
                    sums.Data.SubView((long)token * sums.Stride), 1f, output.SubView((long)token * arguments.Sizes.Rows), at.Rows);
            }
        }

        private static int InBlocks(long rows) =>
            (int)LinearTile.RunsOf(rows, SkinnyGemmShape.BlockTokens) * SkinnyGemmShape.BlockTokens;

        private static void Multiply(in LinearArguments arguments, LinearTile at, ArrayView<float> tokens, TileView sums)
        {
            SkinnyGemm<TVector, TWeight>.Scores(
                tokens, arguments.Weight.SubView((long)at.FirstRow * arguments.Sizes.Columns), arguments.Sizes.Columns,
                sums, at.Tokens, at.Rows, arguments.Sizes.Columns);
            if (arguments.Bias.Length == 0)
                return;
            ArrayView<StoredFp32> bias = arguments.Bias.SubView(at.FirstRow).Cast<StoredFp32>();
            for (int token = 0; token < at.Tokens; token++)
            {
                ArrayView<StoredFp32> row = sums.Data.SubView((long)token * sums.Stride).Cast<StoredFp32>();
                RowKernels<TVector, StoredFp32, CachedStore>.RowFormula.Of<SumFormula>.Apply(row, bias, row, at.Rows);
            }
        }
    }
}
