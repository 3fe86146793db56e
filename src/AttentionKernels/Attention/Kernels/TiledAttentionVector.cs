using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Vector schedule.
    /// </summary>
    /// <remarks>
    /// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
    /// <para>Tile: <see cref="Rows"/> query rows that share a kv head (its query heads' rows side by side), against one split of the keys.
    /// A work item passes over the keys in tiles of <see cref="Keys"/>, which it gathers once for all its rows. Queries lie in lanes: a
    /// panel is two vectors of them, and scores, weights and outputs are [key or column][lane], so that softmax is the same few
    /// instructions for every lane and nothing is transposed but the queries and the finished outputs.</para>
    /// <para>Scratch: the key tile, one panel of scores, then for each panel its queries, outputs, maxima, sums and bounds.</para>
    /// </remarks>
    internal readonly struct TiledAttentionVector : ITileKernel<Arguments>
    {
        /// <summary>Query rows of a tile.</summary>
        public const int Rows = TileSizes.VectorRows;

        /// <summary>Keys of a tile.</summary>
        public const int Keys = TileSizes.VectorKeys;

        /// <summary>Elements of scratch memory that a tile needs.</summary>
        public static int ScratchLength(int headDimension, int valueDimension) =>
            KeyValueTile.Length(Keys, headDimension, valueDimension) + PanelScores.Length(Keys)
                + (Rows / Panel * PanelState.Length(headDimension, valueDimension));

        /// <summary>The tiles of an item.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            new(TileSizes.Tiles((long)arguments.HeadGroup * item.Queries, Rows), arguments.KeyValueHeads);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            WorkTile at = TWork.Tile(arguments.Work, tile);
            Attend(arguments, TWork.Item(arguments.Work, at.Item), at, scratch);
        }

        /// <summary>One tile.</summary>
        public static void Attend(in Arguments arguments, WorkItem item, WorkTile tile, ArrayView<float> scratch)
        {
            int headGroup = arguments.HeadGroup;
            int keyValueHead = tile.Head;
            int firstRow = tile.RowTile * Rows;
            int endRow = Math.Min(firstRow + Rows, headGroup * item.Queries);
            int keyDimension = arguments.HeadDimension;
            int valueDimension = arguments.ValueDimension;
            int stateLength = PanelState.Length(keyDimension, valueDimension);
            var keyTile = new KeyValueTile(scratch, Keys, keyDimension, valueDimension);
            ArrayView<float> rest = scratch.SubView(KeyValueTile.Length(Keys, keyDimension, valueDimension));
            var scores = new PanelScores(rest, Keys);
            ArrayView<float> states = rest.SubView(PanelScores.Length(Keys));
            int panels = (endRow - firstRow + Panel - 1) / Panel;
            int first = int.MaxValue;
            int end = 0;
            for (int panel = 0; panel < panels; panel++)
            {
                var rows = PanelOf(item, keyValueHead, headGroup, firstRow + (panel * Panel), endRow);
                var state = new PanelState(states.SubView(panel * stateLength), keyDimension, valueDimension);
                KeyRange range = state.Start(arguments, rows);
                first = Math.Min(first, range.First);
                end = Math.Max(end, range.End);
            }

            // Key tiles start at multiples of their length, so that which keys a row takes together does not depend on its neighbours.
            KeyRange split = tile.Keys(item);
            first = Math.Max(first / Keys * Keys, split.First);
            end = Math.Min(end, split.End);
            QueryRange queries = new PanelRows(item, keyValueHead, headGroup, firstRow, endRow).Queries(0, endRow - firstRow);
            for (int firstKey = first; firstKey < end; firstKey += Keys)
            {
                var tileKeys = new KeyRange(firstKey, Math.Min(firstKey + Keys, end));
                TileCoverage coverage = arguments.Coverage(queries, tileKeys);
                if (coverage == TileCoverage.Empty)
                    continue;
                keyTile.GatherKeys(arguments, item, keyValueHead, firstKey, tileKeys.End, end);
                bool areValuesGathered = false;
                bool finite = true;
                for (int panel = 0; panel < panels; panel++)
                {
                    var rows = PanelOf(item, keyValueHead, headGroup, firstRow + (panel * Panel), endRow);

                    // What differs between panels need not differ within one.
                    TileCoverage ofPanel = coverage == TileCoverage.Partial
                        ? arguments.Coverage(rows.Queries(0, rows.Count), tileKeys)
                        : coverage;
                    if (ofPanel == TileCoverage.Empty)
                        continue;
                    var state = new PanelState(states.SubView(panel * stateLength), keyDimension, valueDimension);
                    PanelKeys keys = state.Score(arguments, rows, keyTile, scores, tileKeys, prefetchesValues: !areValuesGathered);
                    if (!areValuesGathered)
                        finite = keyTile.GatherValues(arguments, keyValueHead, tileKeys.End - firstKey);
                    areValuesGathered = true;
                    int nextCount = panel == panels - 1 ? Math.Min(end - tileKeys.End, Keys) : 0;
                    state.Accumulate(arguments, rows, keyTile, scores, keys, new TileFacts(ofPanel, finite, nextCount));
                }
            }

            for (int panel = 0; panel < panels; panel++)
            {
                var rows = PanelOf(item, keyValueHead, headGroup, firstRow + (panel * Panel), endRow);
                var state = new PanelState(states.SubView(panel * stateLength), keyDimension, valueDimension);
                state.Store(arguments, rows, tile);
            }
        }

        private static PanelRows PanelOf(WorkItem item, int keyValueHead, int headGroup, int firstRow, int endRow) =>
            new(item, keyValueHead, headGroup, firstRow, Math.Min(endRow, firstRow + Panel));
    }
}
