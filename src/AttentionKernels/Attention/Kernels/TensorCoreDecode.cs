using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Few queries against many keys of 16 bits and fewer: the keys are split into ranges that work groups take side by side, each writing
    /// partial softmax states, which <see cref="MergeStatesSimt"/> merges in a fixed order. TensorCore schedule, for CUDA devices of sm_80
    /// and newer.
    /// </summary>
    /// <remarks>
    /// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
    /// <para>Tile: a work group of four warps owns one split of one kv head for 16 rows: the queries of the query heads that share the kv
    /// head, so that keys and values are read once for all of them. Warps take 16 keys each in turn, and no barrier: each has its own
    /// softmax state, scores, weights and outputs of all rows in registers, and the four states are merged in the end.</para>
    /// <para>Keys and values go from memory to registers, 8 numbers a lane, and never through shared memory. A product may add up its
    /// dimensions in any order if both factors have it: with g = lane / 4 and t = lane % 4 a lane loads dimensions 32c + 8t … 8t + 7 of
    /// the keys g and g + 8, which are its share of B in two products of 16 dimensions (<see cref="FragmentB"/>); queries wait in shared
    /// memory in that order. Of values it loads columns 64c + 8g … 8g + 7 of keys 2t, 2t + 1, 2t + 8 and 2t + 9; pairs of them, packed,
    /// are its share of B in eight products of 8 columns.</para>
    /// <para>Factors are exact: numbers of 8 bits and fewer become bf16. fp32 queries are the sum of three bf16 numbers (of two fp16
    /// numbers times a power of two, where keys are fp16), fp16 queries of two, each a product of its own; and so are weights. So results
    /// are as exact as those of fp32 arithmetic, but for fp16 or bf16 queries against keys of their own format, whose weights are
    /// rounded to it.</para>
    /// <para>A masked key's value that is not finite makes NaN of its weight of 0: outputs that are NaN are computed once more, without
    /// it.</para>
    /// </remarks>
    /// <typeparam name="TBlocks">The blocks of 64 numbers of keys and values.</typeparam>
    /// <typeparam name="TAccess">How rows are accessed.</typeparam>
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess> : IGroupKernel<Arguments>
        where TBlocks : struct, IBlockCount
        where TAccess : struct, IRowAccess
    {
        private const int Rows = TileSizes.TensorCoreDecodeRows;
        private const int Warps = 4;

        // Keys that a warp locates at once, one a lane, and those of a product.
        private const int WarpKeys = 32;
        private const int StepKeys = 16;

        public static int GroupSize => Warps * 32;

        public static bool UsesTensorCores => true;

        /// <summary>Queries, and later the warps' outputs of a block, and their states; and what aligns them.</summary>
        public static int DynamicSharedBytes => StatesPlace + StateBytes + 16;

        // Whether the next keys are on their way while values are multiplied: registers hold so many.
        private static bool Prefetches => TBlocks.Count <= 2;

        private static int Lane => Group.IdxX & 31;

        private static int OwnWarp => Group.IdxX >> 5;

        private static int Shared => (MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + 15) & ~15;

        /// <summary>The tiles of a range of an item's keys, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            new(TileSizes.Tiles((long)arguments.HeadGroup * item.Queries, Rows), arguments.KeyValueHeads);

        public static void Run(Arguments arguments)
        {
            WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
            SimtRows rows = arguments.GroupedRows(tile, Rows);
            KeyRange split = tile.Keys(rows.Item);
            KeyRange range = arguments.Range(rows.Item, rows.Query(0), rows.Query(rows.Count - 1)).Clip(split.First, split.End);

            RowPair scale = CopyQueries(arguments, rows);
            Group.Barrier();
            int key = Next(arguments, rows, range, range.First + ((OwnWarp - Warps) * WarpKeys));
            var state = new DecodeState(default, default, new RowPair(float.NegativeInfinity, float.NegativeInfinity));
            RowsOfThread own = TMask.RangeIsExact ? OwnRows(arguments, rows, range, 0) : default;
            StoredToken next = Locate(arguments, rows, range, key);
            LoadedKeys keys = Prefetches && range.End > range.First ? new LoadedKeys(arguments, new Tokens(next, 0)) : default;
            while (key < range.End)
            {
                var first = new Tokens(next, 0);
                var second = new Tokens(next, StepKeys);
                int following = Next(arguments, rows, range, key);
                next = Locate(arguments, rows, range, following);
                if (!Prefetches)
                    keys = new LoadedKeys(arguments, first);
                var values = new LoadedValues(arguments, first);
                TensorCore<TElement>.Block products = keys.Products(Shared).Scale(scale);
                if (Prefetches)
                    keys = new LoadedKeys(arguments, second);
                state = Step(state, Attended(arguments, rows, own, range, key), first, products, values);
                if (!Prefetches)
                    keys = new LoadedKeys(arguments, second);
                values = new LoadedValues(arguments, second);
                products = keys.Products(Shared).Scale(scale);
                if (Prefetches)
                    keys = new LoadedKeys(arguments, new Tokens(next, 0));
                state = Step(state, Attended(arguments, rows, own, range, key + StepKeys), second, products, values);
                key = following;
            }

            Finish(state, arguments, tile, rows);
        }

        // The warp's keys behind others of its, but for those that the mask lets nothing through of.
        private static int Next(Arguments arguments, SimtRows rows, KeyRange range, int key)
        {
            key += Warps * WarpKeys;
            while (!TMask.RangeIsExact && key < range.End &&
                arguments.Coverage(rows, new SimtKeys(key, Math.Min(WarpKeys, range.End - key))) == TileCoverage.Empty)
            {
                key += Warps * WarpKeys;
            }

            return key;
        }

        // Each lane locates a key; behind the range's end the last one, with a weight of 0.
        private static StoredToken Locate(Arguments arguments, SimtRows rows, KeyRange range, int key) => range.End > range.First
            ? arguments.Token(rows.Item, Math.Min(key + Lane, range.End - 1), rows.KeyValueHead)
            : default;

        private static RowsOfThread OwnRows(Arguments arguments, SimtRows rows, KeyRange range, int key) =>
            RowsOfThread.Of(arguments, rows, Lane >> 2, range, new ThreadColumns(key, 4, TileCoverage.Partial));

        // What is known once where a mask's range is exact, and asked for each step where it is not.
        private static AttendedScores Attended(Arguments arguments, SimtRows rows, RowsOfThread own, KeyRange range, int key)
        {
            int column = key + ((Lane & 3) * 2);
            if (!TMask.RangeIsExact)
                own = OwnRows(arguments, rows, range, column);
            return new AttendedScores(new Variant(arguments), own, own, column);
        }

        // Softmax and second product of 16 keys.
        private static DecodeState Step(
            DecodeState state, AttendedScores attended, Tokens tokens, TensorCore<TElement>.Block scores, LoadedValues values)
        {
            if (TKey.IsScaled)
                scores = scores.ScaleColumns(tokens.OfColumns(tokens.Own.KeyScale));
            scores = AttendedScores.Apply(attended, scores, 0, 0);

            RowPair maximum = scores.Maximum(state.Maximum).QuadMaximum();

            // Where there is no score yet, e^−∞ is to be 0 too.
            RowPair subtracted = maximum.Larger(float.MinValue);
            RowPair factors = state.Maximum.Exponential(subtracted);
            TensorCore<TElement>.Block weights = scores.Exponential(subtracted);
            RowPair sums = weights.Sum(state.Sums.Scale(factors));
            if (TValue.IsScaled)
                weights = weights.ScaleColumns(tokens.OfColumns(tokens.Own.ValueScale));
            return new DecodeState(values.Accumulate(state.Outputs.Scale(factors), Weights.Of(weights)), sums, maximum);
        }

        /// <summary>16 keys, each known to a lane.</summary>
        private readonly struct Tokens(StoredToken own, int first)
        {
            /// <summary>The lane's key of 32.</summary>
            public readonly StoredToken Own = own;

            /// <summary>The lane of the first of the 16.</summary>
            public readonly int First = first;

            /// <summary>Where a key lies.</summary>
            public long KeyRow(int key) => WarpShuffle.From(Own.KeyRow, First + key);

            /// <summary>Where its value lies.</summary>
            public long ValueRow(int key) => WarpShuffle.From(Own.ValueRow, First + key);

            /// <summary>What the lanes of the keys 2t, 2t + 1, 2t + 8 and 2t + 9 have, the lane's columns of scores.</summary>
            public MicroKernels.RegisterRow OfColumns(float number)
            {
                int column = First + ((Lane & 3) * 2);
                return new MicroKernels.RegisterRow(
                    WarpShuffle.From(number, column), WarpShuffle.From(number, column + 1), WarpShuffle.From(number, column + 8),
                    WarpShuffle.From(number, column + 9));
            }
        }

        /// <summary>The online softmax of a warp's rows: Σ weight·value, the lane's Σ weight, and the maxima.</summary>
        private readonly struct DecodeState(DecodeOutputs outputs, RowPair sums, RowPair maximum)
        {
            public readonly DecodeOutputs Outputs = outputs;
            public readonly RowPair Sums = sums;
            public readonly RowPair Maximum = maximum;
        }
    }
}
