using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Few queries against many keys: the keys are split into ranges that work items take side by side, each writing a partial softmax
    /// state, which <see cref="MergeStatesVector"/> merges in a fixed order. Vector schedule.
    /// </summary>
    /// <remarks>
    /// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
    /// <para>Tile, if a kv head has at most <see cref="TileSizes.FewRows"/> rows: one split of an item's keys for several kv heads, with
    /// all queries of all query heads that share them: as many kv heads as make <see cref="TileSizes.DecodeRows"/> rows. Decoding is
    /// memory-bound, and the heads of a token lie side by side, so taking them together streams keys and values (see
    /// <see cref="SkinnyGemm{TVector, TFormat}"/>), each once. Scratch: for each row its query, its output, the scores of one key tile,
    /// its maximum, sum and factor.</para>
    /// <para>Items with more rows, in the same batch or because a long prompt has too few tiles for all workers, are taken as
    /// <see cref="TiledAttentionVector"/> does, split by split.</para>
    /// </remarks>
    internal readonly struct SplitKvDecodeVector : ITileKernel<Arguments>
    {
        /// <summary>Elements of scratch memory that a tile needs.</summary>
        public static int ScratchLength(int heads, int keyValueHeads, int headDimension, int valueDimension, int maximumQueries)
        {
            int headGroup = heads / keyValueHeads;
            int fewQueries = Math.Min(maximumQueries, TileSizes.FewRows / headGroup);
            int rows = fewQueries == 0 ? 0 : Math.Min(Math.Max(TileSizes.DecodeRows, headGroup * fewQueries), heads * fewQueries);
            bool hasPanels = headGroup * maximumQueries > TileSizes.FewRows;
            int panels = hasPanels ? TiledAttentionVector.ScratchLength(headDimension, valueDimension) : 0;
            return Math.Max(DecodeRows.Length(rows, headDimension, valueDimension), panels);
        }

        /// <summary>The tiles of a range of an item's keys. An item alone decides how it is computed, so that it gets the same bits in any
        /// batch.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            TileSizes.DecodeGrid(arguments.HeadGroup, arguments.KeyValueHeads, item.Queries);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            WorkTile at = TWork.Tile(arguments.Work, tile);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            if (arguments.HeadGroup * item.Queries <= TileSizes.FewRows)
                Attend(arguments, item, at, scratch);
            else
                TiledAttentionVector.Attend(arguments, item, at, scratch);
        }

        private static void Attend(in Arguments arguments, WorkItem item, WorkTile tile, ArrayView<float> scratch)
        {
            int heads = TileSizes.DecodeHeads(arguments.HeadGroup, arguments.KeyValueHeads, item.Queries);
            int firstHead = tile.Head * heads;
            var rows = new DecodeRows(arguments, item, firstHead, Math.Min(heads, arguments.KeyValueHeads - firstHead), scratch);
            rows.Start(arguments);
            KeyRange range = arguments.Range(item, 0, item.Queries - 1);
            KeyRange split = tile.Keys(item);
            int end = Math.Min(range.End, split.End);

            // Key tiles start at multiples of their length, so that which keys a row takes together does not depend on its neighbours.
            const int Keys = TileSizes.VectorKeys;
            for (int firstKey = Math.Max(range.First / Keys * Keys, split.First); firstKey < end; firstKey += Keys)
            {
                int endKey = Math.Min(firstKey + Keys, end);
                TileCoverage coverage = arguments.Coverage(rows.Queries, new KeyRange(firstKey, endKey));
                if (coverage != TileCoverage.Empty)
                    rows.Accumulate(arguments, firstKey, endKey, coverage);
            }

            rows.Store(arguments, tile);
        }
    }
}
