using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// O = softmax(Q·Kᵀ·scale)·V by online softmax, of fp16 or bf16, over keys and values of the same or of 8 bits and fewer, both products
    /// by tensor cores; TensorCore schedule, for CUDA devices of sm_80 and newer. Few queries against many keys are split as by
    /// <see cref="SimtDecode{TAccess, TTile}"/>.
    /// </summary>
    /// <remarks>
    /// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023; Dao et al., "Flash-Decoding for
    /// long-context inference", 2023.</para>
    /// <para>Tile: a work group of four warps owns 128 rows of one kv head, of wide keys or values 64, and a range of keys. Rows are the
    /// queries of the query heads that share the kv head, row = query · head group + head; a warp owns 32 or 16 of them: their scores,
    /// weights and outputs stay in its registers (<see cref="TensorCore{TElement}.ITile{TSelf}"/>), and an accumulator of the first product
    /// is a factor of the second as it is.</para>
    /// <para>Keys and values stream through shared memory by cp.async, a tile each: while a tile's scores are computed its values are
    /// copied, during softmax and second product the next tile's keys. Of 8 bits and fewer, they become factors in place, exactly, by the
    /// threads that copied them; scores are multiplied by the keys' scales, weights by those of values.</para>
    /// <para>Tiles of keys come in two kinds: those that all rows attend to, and those with a mask or an end in them, which come first so
    /// that each kind has a loop of its own. A modifier makes all of them of the second kind.</para>
    /// <para>A masked key's value that is not finite makes NaN of its weight of 0, here as in any product: rows with outputs that
    /// are NaN are computed once more without tensor cores; and so are those with scores too large for exact weights of 16 bits.</para>
    /// </remarks>
    /// <typeparam name="TScores">A warp's scores: its columns are the keys of a tile.</typeparam>
    /// <typeparam name="TDepth">A tile of as many columns as the head dimension.</typeparam>
    /// <typeparam name="TOutput">A warp's outputs: as many columns as the value dimension.</typeparam>
    /// <typeparam name="TSums">How weights are summed up.</typeparam>
    /// <typeparam name="TAccess">How rows are accessed.</typeparam>
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess> : IGroupKernel<Arguments>
        where TScores : struct, TensorCore<TElement>.ITile<TScores>
        where TDepth : struct, TensorCore<TElement>.ITile<TDepth>
        where TOutput : struct, TensorCore<TElement>.ITile<TOutput>
        where TSums : struct, TensorCore<TElement>.IWeightSums<TSums>
        where TAccess : struct, IRowAccess
    {
        private const float Log2E = 1.44269504f;

        public static int GroupSize => TileCopy.Threads;

        public static bool UsesTensorCores => true;

        /// <summary>The tile of queries, later of outputs, one of keys, one of values, where they lie, and what aligns them.</summary>
        public static int DynamicSharedBytes => ScalesPlace + ScaleBytes + SwizzledLane.RowBytes;

        private static int Rows => 4 * TOutput.Rows;

        private static int TileKeys => TScores.Steps * 16;

        // Of 16 columns a thread has four.
        private static int ColumnsOfThread => TScores.Steps * 4;

        private static int DepthPages => (TDepth.Steps + 3) / 4;

        private static int ValuePages => (TOutput.Steps + 3) / 4;

        private static int RowPageBytes => Rows * SwizzledLane.RowBytes;

        private static int KeyPageBytes => TileKeys * SwizzledLane.RowBytes;

        // Where the tiles begin in shared memory; that of queries, or of outputs, at its beginning.
        private static int KeyTile => Math.Max(DepthPages, ValuePages) * RowPageBytes;

        private static int ValueTile => KeyTile + (DepthPages * KeyPageBytes);

        // Behind them the scales, where there are some.
        private static int ScalesPlace => ValueTile + (ValuePages * KeyPageBytes);

        private static int Shared => (MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + 127) & ~127;

        private static int Lane => Group.IdxX & 31;

        private static int FirstWarpRow => (Group.IdxX >> 5) * TOutput.Rows;

        // Scores have the scale already where there is a modifier.
        private static float ExponentScale(Arguments arguments) => TModifier.IsIdentity ? arguments.Scale * Log2E : Log2E;

        private static SimtRows RowsOf(Arguments arguments, WorkTile tile) => arguments.GroupedRows(tile, Rows);

        /// <summary>The tiles of a range of an item's keys, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            new(TileSizes.Tiles((long)arguments.HeadGroup * item.Queries, Rows), arguments.KeyValueHeads);

        public static void Run(Arguments arguments)
        {
            WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
            SimtRows rows = RowsOf(arguments, tile);
            KeyRange split = tile.Keys(rows.Item);
            KeyRange range = arguments.Range(rows.Item, rows.Query(0), rows.Query(rows.Count - 1)).Clip(split.First, split.End);
            KeyRange full = FullTiles(arguments, rows, range);
            int last = Tiles(range) - 1;
            var tokens = Tokens.Of(arguments, tile, range, full.First);
            if (!TMask.RangeIsExact)
                last = tokens.Next(arguments, last + 1);
            TensorCoreLane lane = LaneOf(arguments);

            CopyQueries(arguments, rows);
            long values = 0;
            if (last >= 0)
            {
                TScores.Copy(lane.KeyCopy, tokens.Keys(last, tokens.KeyPlace(arguments, last, isFull: false), isFull: false), 0);
                tokens.CopyScales(arguments, last, isFull: false);
                values = tokens.ValuePlace(arguments, last, isFull: false);
            }

            AsyncCopy.Commit();
            var state = new TensorCoreState<TOutput, TSums>(default, default, TileRows.All(float.PositiveInfinity), last, values);
            while (state.Step >= full.End - full.First)
                state = Step(state, arguments, lane, tokens, isFull: false);
            if (TMask.RangeIsExact && TModifier.IsIdentity)
            {
                while (state.Step >= 0)
                    state = Step(state, arguments, lane, tokens, isFull: true);
            }

            // The queries are there now also where there was no key.
            AsyncCopy.Wait(0);
            Group.Barrier();
            Finish(state, arguments);
        }
    }
}
