using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

internal static partial class LinearModule<TWeight>
{
    /// <summary>y[token][row] = Σ over the columns of weight[row][column] · x[token][column], and the row's bias, if any. Vector
    /// schedule.</summary>
    /// <remarks>
    /// <para>Tile: <see cref="LinearTile"/>. The work is <see cref="SkinnyGemm{TVector, TFormat}"/>: four rows of the weight are read side
    /// by side, each once, with the next four prefetched on the way, and four tokens at a time share what is loaded.</para>
    /// <para>How the terms of an element are added depends on the number of columns alone, so a token gets the same bits among any
    /// others. A bias is added to the sums while they are in the cache.</para>
    /// </remarks>
    internal readonly struct LinearVector<TVector> : ITileKernel<LinearArguments>
        where TVector : struct, IVector<TVector>
    {
        // Elements of the weight that are work enough for a tile.
        private const int WeightElements = 32 * 1024;

        /// <summary>The most tokens of a tile.</summary>
        public const int MaximumTokens = 64;

        /// <summary>Rows of a tile: about as many as the second-level cache holds, whole blocks, which are read side by side, and so many
        /// that all workers get as many tiles.</summary>
        public static int RowsPerTile(int rows, int columns, int workers)
        {
            long runs = LinearTile.RunsOf((long)rows * columns, WeightElements);
            int tiles = runs == 1 ? 1 : (int)LinearTile.RunsOf(runs, workers) * workers;
            return (int)LinearTile.RunsOf(LinearTile.RunsOf(rows, tiles), SkinnyGemmShape.BlockTokens) * SkinnyGemmShape.BlockTokens;
        }

        public static void Run(LinearArguments arguments, long tile, ArrayView<float> scratch)
        {
            LinearTile at = LinearTile.At(arguments.Sizes, tile);
            ArrayView<float> output = arguments.Output.SubView(((long)at.FirstToken * arguments.Sizes.Rows) + at.FirstRow);
            SkinnyGemm<TVector, TWeight>.Scores(
                arguments.Input.SubView((long)at.FirstToken * arguments.Sizes.Columns).Cast<float>(),
                arguments.Weight.SubView((long)at.FirstRow * arguments.Sizes.Columns), arguments.Sizes.Columns,
                new TileView(output, arguments.Sizes.Rows), at.Tokens, at.Rows, arguments.Sizes.Columns);
            if (arguments.Bias.Length == 0)
                return;
            ArrayView<StoredFp32> bias = arguments.Bias.SubView(at.FirstRow).Cast<StoredFp32>();
            for (int token = 0; token < at.Tokens; token++)
            {
                ArrayView<StoredFp32> sums = output.SubView((long)token * arguments.Sizes.Rows).Cast<StoredFp32>();
                RowKernels<TVector, StoredFp32, CachedStore>.RowFormula.Of<SumFormula>.Apply(sums, bias, sums, at.Rows);
            }
        }
    }
}
