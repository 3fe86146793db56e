using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Few queries against many keys: the keys are split into ranges that work groups take side by side, each writing partial softmax
    /// states, which <see cref="MergeStatesSimt"/> merges in a fixed order. Simt schedule, for every GPU.
    /// </summary>
    /// <remarks>
    /// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
    /// <para>Tile: a work group of 128 threads owns one split of one kv head for up to 8 rows: the queries of the query heads that share
    /// the kv head, so that keys and values are read once for all of them. It passes over the split in tiles of 32 keys:</para>
    /// <para>1. scores: keys stream through shared memory, 64 dimensions at a time; a thread owns two of the 8 × 32 scores.</para>
    /// <para>2. softmax: the first eight threads each own a row's state; all threads take exponents.</para>
    /// <para>3. output: a thread owns the columns t, t+128, … of all rows in registers (<see cref="IDecodeTile{TSelf}"/>), and reads values
    /// from memory in whole lines.</para>
    /// </remarks>
    internal readonly struct SplitKvDecodeSimt<TTile> : IGroupKernel<Arguments>
        where TTile : struct, IDecodeTile<TTile>
    {
        public static int GroupSize => SimtDecode.Threads;

        /// <summary>The tiles of a range of an item's keys, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            new(TileSizes.Tiles((long)arguments.HeadGroup * item.Queries, SimtDecode.Rows), arguments.KeyValueHeads);

        public static void Run(Arguments arguments)
        {
            ArrayView<float> queryPanel = SharedMemory.Allocate<float>(SimtDecode.Rows * SimtDecode.PanelStride);
            ArrayView<float> keyPanel = SharedMemory.Allocate<float>(SimtDecode.Keys * SimtDecode.PanelStride);
            ArrayView<float> weights = SharedMemory.Allocate<float>(SimtDecode.Rows * SimtDecode.Keys);
            ArrayView<float> maxima = SharedMemory.Allocate<float>(SimtDecode.Rows);
            ArrayView<float> factors = SharedMemory.Allocate<float>(SimtDecode.Rows);

            WorkTile tile = TWork.Tile(arguments.Work, ILGPU.Grid.IdxX);
            SimtRows rows = arguments.GroupedRows(tile, SimtDecode.Rows);
            WorkItem item = rows.Item;
            KeyRange split = tile.Keys(item);
            KeyRange range = arguments.Range(item, rows.Query(0), rows.Query(rows.Count - 1)).Clip(split.First, split.End);

            int thread = Group.IdxX;
            SoftmaxState state = SoftmaxState.Empty;
            TTile output = default;
            for (int firstKey = range.First; firstKey < range.End; firstKey += SimtDecode.Keys)
            {
                var keys = new SimtKeys(firstKey, Math.Min(SimtDecode.Keys, range.End - firstKey));
                SimtDecode.Scores(arguments, queryPanel, keyPanel, weights, rows, keys);
                state = SimtDecode.Softmax(state, weights, maxima, factors);
                output = TTile.Scale(output, SimtDecode.Column(factors, 0, 1));
                for (int key = 0; key < keys.Count; key++)
                {
                    long valueRow = arguments.ValueRow(item, firstKey + key, tile.Head);
                    float scale = arguments.ValueScale(item, firstKey + key, tile.Head);
                    output = TTile.Accumulate(output, arguments, valueRow, scale, SimtDecode.Column(weights, key, SimtDecode.Keys), thread);
                }
            }

            SimtDecode.StoreState(arguments, state, rows, tile);
            TTile.Store(output, arguments, rows, tile, thread);
        }
    }
}
