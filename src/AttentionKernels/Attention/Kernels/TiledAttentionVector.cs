using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Vector schedule, plain form.
/// </summary>
/// <remarks>
/// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
/// <para>Tile: <see cref="Rows"/> query rows of one head. A work item passes over the keys in tiles of <see cref="VectorKeyTile.Keys"/>,
/// and for each of them over its rows, so that keys and values come from the cache for all rows but the first. Scratch: the rows'
/// outputs, the scores of one row, the rows' maxima and sums.</para>
/// </remarks>
internal readonly struct TiledAttentionVector<TSequences, TMask, TModifier> : ITileKernel<AttentionArguments<TSequences, TMask, TModifier>>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>Query rows of a tile.</summary>
    public const int Rows = 16;

    /// <summary>Elements of scratch memory that a tile needs.</summary>
    public static int ScratchLength(int headDimension) => (Rows * headDimension) + VectorKeyTile.Keys + (2 * Rows);

    /// <summary>How many tiles there are.</summary>
    public static long Tiles(int batch, int heads, int maximumQueries) => (long)batch * heads * ((maximumQueries + Rows - 1) / Rows);

    public static void Run(AttentionArguments<TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int queryTiles = (arguments.MaximumQueries + Rows - 1) / Rows;
        int firstQuery = (int)(tile % queryTiles) * Rows;
        int head = (int)(tile / queryTiles % arguments.Heads);
        int batch = (int)(tile / queryTiles / arguments.Heads);
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        int rows = Math.Min(Rows, queryLength - firstQuery);
        if (rows <= 0)
            return;

        int dimension = arguments.HeadDimension;
        ArrayView<float> scores = scratch.SubView(Rows * dimension, VectorKeyTile.Keys);
        ArrayView<float> maxima = scratch.SubView((Rows * dimension) + VectorKeyTile.Keys, Rows);
        ArrayView<float> sums = scratch.SubView((Rows * dimension) + VectorKeyTile.Keys + Rows, Rows);
        for (int row = 0; row < rows; row++)
        {
            VectorRow.Clear(scratch, (long)row * dimension, dimension);
            maxima[row] = SoftmaxState.Empty.Maximum;
            sums[row] = SoftmaxState.Empty.Sum;
        }

        KeyRange keys = TMask.Range(arguments.Mask, firstQuery, firstQuery + rows - 1, queryLength, keyLength).Clip(0, keyLength);
        for (int firstKey = keys.First; firstKey < keys.End; firstKey += VectorKeyTile.Keys)
        {
            int endKey = Math.Min(firstKey + VectorKeyTile.Keys, keys.End);
            for (int row = 0; row < rows; row++)
            {
                int query = firstQuery + row;
                KeyRange own = TMask.Range(arguments.Mask, query, query, queryLength, keyLength).Clip(firstKey, endKey);
                SoftmaxState state = VectorKeyTile.Accumulate(arguments, new SoftmaxState(maxima[row], sums[row]), batch, head, query, own,
                    scratch.SubView((long)row * dimension, dimension), scores);
                maxima[row] = state.Maximum;
                sums[row] = state.Sum;
            }
        }

        for (int row = 0; row < rows; row++)
        {
            var state = new SoftmaxState(maxima[row], sums[row]);
            long outputRow = TSequences.OutputOffset(arguments.Sequences, batch, firstQuery + row) + (head * arguments.OutputHeadStride);
            VectorRow.Scale(arguments.Output, outputRow, state.Normalizer(), scratch, (long)row * dimension, dimension);
            arguments.StoreLogSumExp(batch, head, firstQuery + row, state);
        }
    }
}
