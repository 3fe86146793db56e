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
    /// <see cref="SkinnyGemm{TVector}"/>), each once. Scratch: for each row its query, its output, the scores of one key tile, its maximum,
    /// sum and factor.</para>
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

        /// <summary>The tiles; those of a split count as tiles of rows, whatever they hold.</summary>
        public static TileGrid Grid(Arguments arguments) => new(
            TileSizes.DecodeTiles(arguments.HeadGroup, arguments.KeyValueHeads, arguments.MaximumQueries), 1, arguments.Splits);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            TileCoordinates at = Grid(arguments).At(tile);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int headGroup = arguments.HeadGroup;
            int own = at.RowTile;

            // An item alone decides how it is computed, so that it gets the same bits in any batch.
            if (item.Queries == 0 || own >= TileSizes.DecodeTiles(headGroup, arguments.KeyValueHeads, item.Queries))
                return;
            if (!arguments.WritesStates(item))
            {
                if (at.Split > 0)
                    return;
                arguments.States = 1;
                arguments.SplitLength = item.Keys;
            }

            if (headGroup * item.Queries <= TileSizes.FewRows)
            {
                Attend(arguments, item, own * TileSizes.DecodeHeads(headGroup, arguments.KeyValueHeads, item.Queries), at.Split, scratch);
            }
            else
            {
                int rowTiles = TileSizes.Tiles((long)headGroup * item.Queries, TileSizes.VectorRows);
                TiledAttentionVector.Attend(arguments, item, own / rowTiles, rowTiles - 1 - (own % rowTiles), at.Split, scratch);
            }
        }

        private static void Attend(in Arguments arguments, WorkItem item, int firstHead, int split, ArrayView<float> scratch)
        {
            int heads = TileSizes.DecodeHeads(arguments.HeadGroup, arguments.KeyValueHeads, item.Queries);
            var rows = new DecodeRows(arguments, item, firstHead, Math.Min(heads, arguments.KeyValueHeads - firstHead), scratch);
            rows.Start(arguments);
            KeyRange range = arguments.Range(item, 0, item.Queries - 1);
            long splitStart = Math.Min((long)split * arguments.SplitLength, item.Keys);
            int end = Math.Min(range.End, (int)Math.Min(splitStart + arguments.SplitLength, item.Keys));

            // Key tiles start at multiples of their length, so that which keys a row takes together does not depend on its neighbours.
            const int Keys = TileSizes.VectorKeys;
            for (int firstKey = Math.Max(range.First / Keys * Keys, (int)splitStart); firstKey < end; firstKey += Keys)
                rows.Accumulate(arguments, firstKey, Math.Min(firstKey + Keys, end));
            rows.Store(arguments, split);
        }
    }
}
