using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Vector schedule.
/// </summary>
/// <remarks>
/// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
/// <para>Tile: <see cref="Rows"/> query rows that share a kv head (its query heads' rows side by side), against one split of the keys. A
/// work item passes over the keys in tiles of <see cref="Keys"/>, which it gathers once for all its rows. Queries lie in lanes: a panel
/// is two vectors of them, and scores, weights and outputs are [key or column][lane], so that softmax is the same few instructions for
/// every lane and nothing is transposed but the queries and the finished outputs.</para>
/// <para>Scratch: the key tile, then for each panel its queries, outputs, maxima, sums and bounds, and one panel of scores. The last
/// rows of a head come first: under a causal mask they see the most keys, and the light tiles left to the end even out the workers.</para>
/// </remarks>
internal readonly struct TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth> : ITileKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
    where TWidth : struct, IVectorWidth
{
    /// <summary>Query rows of a tile.</summary>
    public const int Rows = 128;

    /// <summary>Keys of a tile.</summary>
    public const int Keys = 64;

    /// <summary>Elements of scratch memory that a tile needs.</summary>
    public static int ScratchLength(int headDimension, int valueDimension) =>
        KeyValueTile<TWidth>.Length(Keys, headDimension, valueDimension) + (Rows / Panel * PanelState<TWidth>.Length(headDimension, valueDimension))
            + PanelState<TWidth>.ScoresLength(Keys);

    /// <summary>How many tiles there are.</summary>
    public static long Tiles(int batch, int heads, int keyValueHeads, int maximumQueries, int splits) =>
        (long)batch * keyValueHeads * splits * RowTiles(heads / keyValueHeads, maximumQueries);

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int rowTiles = RowTiles(arguments.Heads / arguments.KeyValueHeads, arguments.MaximumQueries);
        int rowTile = rowTiles - 1 - (int)(tile % rowTiles);
        int keyValueHead = (int)(tile / rowTiles % arguments.KeyValueHeads);
        int split = (int)(tile / rowTiles / arguments.KeyValueHeads % arguments.Splits);
        int batch = (int)(tile / rowTiles / arguments.KeyValueHeads / arguments.Splits);
        Attend(arguments, batch, keyValueHead, rowTile, split, scratch);
    }

    /// <summary>One tile: the rows from <paramref name="rowTile"/> · <see cref="Rows"/> of a kv head against a split of the keys.</summary>
    public static void Attend(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int keyValueHead, int rowTile, int split, ArrayView<float> scratch)
    {
        int group = arguments.Heads / arguments.KeyValueHeads;
        int firstRow = rowTile * Rows;
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        int endRow = Math.Min(firstRow + Rows, group * TSequences.QueryLength(arguments.Sequences, batch));
        if (firstRow >= endRow)
            return;

        int keyDimension = arguments.HeadDimension;
        int valueDimension = arguments.ValueDimension;
        int stateLength = PanelState<TWidth>.Length(keyDimension, valueDimension);
        var keyTile = new KeyValueTile<TWidth>(scratch, Keys, keyDimension, valueDimension);
        ArrayView<float> rest = scratch.SubView(KeyValueTile<TWidth>.Length(Keys, keyDimension, valueDimension));
        ArrayView<float> scores = rest.SubView(0, PanelState<TWidth>.ScoresLength(Keys));
        ArrayView<float> states = rest.SubView(PanelState<TWidth>.ScoresLength(Keys));
        int panels = (endRow - firstRow + Panel - 1) / Panel;
        int first = int.MaxValue;
        int end = 0;
        for (int panel = 0; panel < panels; panel++)
        {
            var rows = new PanelRows(batch, keyValueHead, group, firstRow + (panel * Panel), Math.Min(endRow, firstRow + ((panel + 1) * Panel)));
            var state = new PanelState<TWidth>(states.SubView(panel * stateLength), keyDimension, valueDimension);
            KeyRange range = state.Start(arguments, rows);
            first = Math.Min(first, range.First);
            end = Math.Max(end, range.End);
        }

        // Key tiles start at multiples of their length, so that which keys a row takes together does not depend on its neighbours.
        long splitStart = Math.Min((long)split * arguments.SplitLength, keyLength);
        first = Math.Max(first / Keys * Keys, (int)splitStart);
        end = Math.Min(end, (int)Math.Min(splitStart + arguments.SplitLength, keyLength));
        for (int firstKey = first; firstKey < end; firstKey += Keys)
        {
            int endKey = Math.Min(firstKey + Keys, end);
            keyTile.GatherKeys(arguments, batch, keyValueHead, firstKey, endKey, end);
            bool finite = true;
            for (int panel = 0; panel < panels; panel++)
            {
                var rows = new PanelRows(batch, keyValueHead, group, firstRow + (panel * Panel), Math.Min(endRow, firstRow + ((panel + 1) * Panel)));
                var state = new PanelState<TWidth>(states.SubView(panel * stateLength), keyDimension, valueDimension);
                PanelKeys keys = state.Score(arguments, rows, keyTile, scores, firstKey, endKey, asksForValues: panel == 0);
                if (panel == 0)
                    finite = keyTile.GatherValues(arguments, keyValueHead, endKey - firstKey);
                state.Accumulate(arguments, rows, keyTile, scores, keys, finite, panel == panels - 1 ? Math.Min(end - endKey, Keys) : 0);
            }
        }

        for (int panel = 0; panel < panels; panel++)
        {
            var rows = new PanelRows(batch, keyValueHead, group, firstRow + (panel * Panel), Math.Min(endRow, firstRow + ((panel + 1) * Panel)));
            var state = new PanelState<TWidth>(states.SubView(panel * stateLength), keyDimension, valueDimension);
            state.Store(arguments, rows, split);
        }
    }

    private static int Panel => 2 * TWidth.Lanes;

    /// <summary>Tiles of the rows of one kv head.</summary>
    public static int RowTiles(int group, int maximumQueries) => (int)((((long)group * maximumQueries) + Rows - 1) / Rows);
}
