using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Few queries against many keys: the keys are split into ranges that work items take side by side, each leaving a partial softmax
/// state, which <see cref="MergeStatesVector{TElement, TSequences, TMask, TModifier}"/> joins in a fixed order. Vector schedule.
/// </summary>
/// <remarks>
/// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
/// <para>Tile, if a kv head has at most <see cref="FewRows"/> rows: one split of a sequence's keys for several kv heads, with all queries of all query heads that share them: as many kv heads
/// as make 64 rows. Decoding is bound by memory, and the heads of a token lie side by side, so taking them together
/// reads keys and values in long streams (see <see cref="SkinnyGemm"/>), each once. Scratch: for each row its query, its output, the scores
/// of one key tile, its maximum, sum and factor.</para>
/// <para>Sequences with more rows, in the same batch or because a long prompt has too few tiles for all workers, are taken as
/// <see cref="TiledAttentionVector{TElement, TSequences, TMask, TModifier, TWidth}"/> does, split by split.</para>
/// </remarks>
internal readonly struct SplitKvDecodeVector<TElement, TSequences, TMask, TModifier, TWidth> : ITileKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
    where TWidth : struct, IVectorWidth
{
    /// <summary>The most rows of a kv head for which the rows are taken one by one; more fill the lanes of panels.</summary>
    public const int FewRows = 16;

    /// <summary>The rows that the kv heads of a tile are taken together for.</summary>
    private const int Rows = 64;

    /// <summary>Elements of scratch memory that a tile needs.</summary>
    public static int ScratchLength(int heads, int keyValueHeads, int headDimension, int valueDimension, int maximumQueries)
    {
        int group = heads / keyValueHeads;
        int fewQueries = Math.Min(maximumQueries, FewRows / group);
        int rows = fewQueries == 0 ? 0 : Math.Min(Math.Max(Rows, group * fewQueries), heads * fewQueries);
        int panels = group * maximumQueries > FewRows ? TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>.ScratchLength(headDimension, valueDimension) : 0;
        return Math.Max(DecodeRows<TWidth>.Length(rows, headDimension, valueDimension), panels);
    }

    /// <summary>How many tiles there are.</summary>
    public static long Tiles(int batch, int heads, int keyValueHeads, int maximumQueries, int splits) =>
        (long)batch * splits * TilesPerSplit(heads / keyValueHeads, keyValueHeads, maximumQueries);

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int group = arguments.Heads / arguments.KeyValueHeads;
        int tilesPerSplit = TilesPerSplit(group, arguments.KeyValueHeads, arguments.MaximumQueries);
        int own = (int)(tile % tilesPerSplit);
        int split = (int)(tile / tilesPerSplit % arguments.Splits);
        int batch = (int)(tile / tilesPerSplit / arguments.Splits);
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);

        // A sequence alone decides how it is computed, so that it gets the same bits in any batch.
        if (queryLength == 0 || own >= TilesPerSplit(group, arguments.KeyValueHeads, queryLength))
            return;
        if (!arguments.LeavesStates(batch))
        {
            if (split > 0)
                return;
            arguments.States = 1;
            arguments.SplitLength = TSequences.KeyLength(arguments.Sequences, batch);
        }

        if (group * queryLength <= FewRows)
        {
            Attend(arguments, batch, own * HeadsPerTile(group, arguments.KeyValueHeads, queryLength), split, scratch);
        }
        else
        {
            int rowTiles = TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>.RowTiles(group, queryLength);
            TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>.Attend(
                arguments, batch, own / rowTiles, rowTiles - 1 - (own % rowTiles), split, scratch);
        }
    }

    private static void Attend(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int firstHead, int split, ArrayView<float> scratch)
    {
        int group = arguments.Heads / arguments.KeyValueHeads;
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        int heads = Math.Min(HeadsPerTile(group, arguments.KeyValueHeads, queryLength), arguments.KeyValueHeads - firstHead);
        var rows = new DecodeRows<TWidth>(scratch, batch, firstHead, heads, group, queryLength, arguments.HeadDimension, arguments.ValueDimension);
        rows.Start(arguments);
        KeyRange range = arguments.Range(batch, 0, queryLength - 1);
        long splitStart = Math.Min((long)split * arguments.SplitLength, keyLength);
        int end = Math.Min(range.End, (int)Math.Min(splitStart + arguments.SplitLength, keyLength));

        // Key tiles start at multiples of their length, so that which keys a row takes together does not depend on its neighbours.
        const int Keys = DecodeRows<TWidth>.Keys;
        for (int firstKey = Math.Max(range.First / Keys * Keys, (int)splitStart); firstKey < end; firstKey += Keys)
            rows.Accumulate(arguments, firstKey, Math.Min(firstKey + Keys, end));
        rows.Store(arguments, split);
    }

    // Compilers may divide before they ask whether there are queries, and a processor refuses to divide by 0.
    private static int HeadsPerTile(int group, int keyValueHeads, int queries) =>
        Math.Min(keyValueHeads, Math.Max(1, Rows / Math.Max(1, group * queries)));

    private static int TilesPerSplit(int group, int keyValueHeads, int queries)
    {
        if (group * queries > FewRows)
            return keyValueHeads * TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>.RowTiles(group, queries);
        int headsPerTile = HeadsPerTile(group, keyValueHeads, queries);
        return (keyValueHeads + headsPerTile - 1) / headsPerTile;
    }
}
