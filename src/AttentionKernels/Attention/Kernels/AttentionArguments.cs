using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>What every attention kernel takes: query and output, keys and values, layout, work, and the variant.</summary>
    internal partial struct Arguments
    {
        [KernelInput]
        public ArrayView<TElement> Query;
        public ArrayView<TElement> Output;

        /// <summary>Empty where no log-sum-exp is asked for.</summary>
        public ArrayView<float> LogSumExp;

        /// <summary>
        /// Naive: the scores, [tile, key]. Split-KV: the partial states, for each row and each of its states the output so far, its
        /// maximum and its sum. Otherwise empty.
        /// </summary>
        public ArrayView<float> Workspace;

        [KernelInput]
        public TLayout Layout;
        [KernelInput]
        public TWork Work;
        [KernelInput]
        public KeyValueBuffer<TKey> Keys;
        [KernelInput]
        public KeyValueBuffer<TValue> Values;
        [KernelInput]
        public TMask Mask;
        [KernelInput]
        public TModifier Modifier;
        public float Scale;

        public int Heads;
        public int KeyValueHeads;
        public int HeadDimension;

        /// <summary>Elements of a value, and of an output; those of a query and a key are <see cref="HeadDimension"/>.</summary>
        public int ValueDimension;

        /// <summary>The most keys of a sequence.</summary>
        public int MaximumKeys;

        /// <summary>Split-KV: the most partial states of a row.</summary>
        public int States;

        public long QueryHeadStride;
        public long OutputHeadStride;

        /// <summary>The query heads that share a kv head (grouped-query attention).</summary>
        public readonly int HeadGroup => Heads / KeyValueHeads;

        /// <summary>
        /// The keys of an item, from its first, outside of which the mask allows nothing for any of the given queries; exact for a single
        /// query where the mask's range is.
        /// </summary>
        public readonly KeyRange Range(WorkItem item, int firstQuery, int lastQuery)
        {
            if (!TWork.SharesKeys)
                return TMask.Range(Mask, Queries(item, firstQuery, lastQuery, 0, Heads - 1)).Clip(0, item.Keys);
            int first = item.Keys;
            int end = 0;
            for (int query = firstQuery; query <= lastQuery; query++)
            {
                Position at = TWork.Position(Work, item, 0, query);
                KeyRange range = TMask.Range(Mask, new QueryRange(at.Batch, at.Query, at.Query, at.QueryLength, at.KeyLength));
                range = range.Clip(item.FirstKey, item.FirstKey + item.Keys);
                first = Math.Min(first, range.First - item.FirstKey);
                end = Math.Max(end, range.End - item.FirstKey);
            }

            return new KeyRange(first, end);
        }

        /// <summary>What a mask without exact ranges lets through of some of an item's keys; of queries of several sequences it is not
        /// asked.</summary>
        public readonly TileCoverage Coverage(in QueryRange queries, KeyRange keys) =>
            TMask.RangeIsExact || TWork.SharesKeys ? TileCoverage.Partial : TMask.Coverage(Mask, queries, keys);

        /// <summary>The same of a tile of a work group.</summary>
        public readonly TileCoverage Coverage(SimtRows rows, SimtKeys keys)
        {
            QueryRange queries = Queries(
                rows.Item, rows.Query(0), rows.Query(rows.Count - 1), rows.FirstHead, rows.FirstHead + rows.HeadGroup - 1);
            return Coverage(queries, new KeyRange(keys.First, keys.First + keys.Count));
        }

        /// <summary>Some queries of an item, of some query heads.</summary>
        public static QueryRange Queries(WorkItem item, int first, int last, int firstHead, int lastHead) =>
            new(item.Sequence, first, last, item.Queries, item.Keys) { FirstHead = firstHead, LastHead = lastHead };

        /// <summary>The rows of a tile whose rows are the queries of the query heads that share a kv head, row = query · head group +
        /// head.</summary>
        public readonly SimtRows GroupedRows(WorkTile tile, int rowsPerTile)
        {
            WorkItem item = TWork.Item(Work, tile.Item);
            int first = tile.RowTile * rowsPerTile;
            int count = Math.Min(rowsPerTile, (HeadGroup * item.Queries) - first);
            return new SimtRows(item, tile.Head * HeadGroup, HeadGroup, tile.Head, first, count);
        }

        /// <summary>q·k of a query and a key at their offsets, one number after the other; the key's scale is left out.</summary>
        public readonly float Product(long queryRow, long keyRow)
        {
            float product = 0f;
            for (int dimension = 0; dimension < HeadDimension; dimension++)
                product = FusedMultiplyAdd.Fma(TElement.Widen(Query[queryRow + dimension]), Keys.Number(keyRow, dimension), product);
            return product;
        }

        /// <summary>Where one of an item's keys stands against a query, given where the first does.</summary>
        public static Position At(in Position first, int key) =>
            new(first.Batch, first.Head, first.Query, first.Key + key, first.QueryLength, first.KeyLength);

        /// <summary>The score as it enters the softmax, −∞ where masked, of a query against one of an item's keys.</summary>
        public readonly float Score(float product, in Position first, int key) => Score(product, At(first, key));

        /// <summary>The same where micro-kernels have applied the modifier's formula, if it has one.</summary>
        public readonly float ScoreAfterFormula(float score, in Position first, int key)
        {
            if (!TModifier.HasFormula)
                return Score(score, first, key);
            return TMask.Allows(Mask, At(first, key)) ? score : float.NegativeInfinity;
        }

        /// <summary>Stores what the modifier's formula needs to know about a row, its terms <paramref name="stride"/> apart.</summary>
        public readonly void StoreTerms(in Position first, ArrayView<float> terms, int offset, int stride)
        {
            RowTerms row = TModifier.Terms(Modifier, first.Row);
            terms[offset] = row.A;
            terms[offset + stride] = row.B;
            terms[offset + (2 * stride)] = row.C;
            terms[offset + (3 * stride)] = row.D;
        }

        /// <summary>The offset of a query of an item, of a query head.</summary>
        public readonly long QueryOffset(WorkItem item, int query, int head) =>
            TLayout.QueryOffset(Layout, item.Sequence, item.FirstToken + query) + (head * QueryHeadStride);

        /// <summary>The offset of its output.</summary>
        public readonly long OutputOffset(WorkItem item, int query, int head) =>
            TLayout.OutputOffset(Layout, item.Sequence, item.FirstToken + query) + (head * OutputHeadStride);

        /// <summary>The offset of a token's key of a kv head.</summary>
        public readonly long KeyRow(WorkItem item, int key, int keyValueHead) => Keys.Row(Page(item, key), Place(item, key), keyValueHead);

        /// <summary>The offset of a token's value of a kv head.</summary>
        public readonly long ValueRow(WorkItem item, int key, int keyValueHead) =>
            Values.Row(Page(item, key), Place(item, key), keyValueHead);

        /// <summary>The scale of a token's key of a kv head; 1 where keys have none.</summary>
        public readonly float KeyScale(WorkItem item, int key, int keyValueHead) =>
            TKey.IsScaled ? Keys.Scales[KeyScaleRow(item, key, keyValueHead)] : 1f;

        /// <summary>The scale of a token's value of a kv head; 1 where values have none.</summary>
        public readonly float ValueScale(WorkItem item, int key, int keyValueHead) =>
            TValue.IsScaled ? Values.Scales[ValueScaleRow(item, key, keyValueHead)] : 1f;

        /// <summary>The offset of the scale of a token's key of a kv head.</summary>
        public readonly long KeyScaleRow(WorkItem item, int key, int keyValueHead) =>
            Keys.ScaleRow(Page(item, key), Place(item, key), keyValueHead);

        /// <summary>The offset of the scale of a token's value of a kv head.</summary>
        public readonly long ValueScaleRow(WorkItem item, int key, int keyValueHead) =>
            Values.ScaleRow(Page(item, key), Place(item, key), keyValueHead);

        /// <summary>Where a token's key and value of a kv head lie, by one look-up of its page.</summary>
        public readonly StoredToken Token(WorkItem item, int key, int keyValueHead)
        {
            int page = Page(item, key);
            int place = Place(item, key);
            return new StoredToken(
                Keys.Row(page, place, keyValueHead), Values.Row(page, place, keyValueHead),
                TKey.IsScaled ? Keys.Scales[Keys.ScaleRow(page, place, keyValueHead)] : 1f,
                TValue.IsScaled ? Values.Scales[Values.ScaleRow(page, place, keyValueHead)] : 1f);
        }

        /// <summary>A number of a token's key.</summary>
        public readonly float KeyNumber(WorkItem item, int key, int keyValueHead, int dimension) =>
            KeyScale(item, key, keyValueHead) * Keys.Number(KeyRow(item, key, keyValueHead), dimension);

        /// <summary>A number of a token's value.</summary>
        public readonly float ValueNumber(WorkItem item, int key, int keyValueHead, int dimension) =>
            ValueScale(item, key, keyValueHead) * Values.Number(ValueRow(item, key, keyValueHead), dimension);

        /// <summary>The offset of a partial state of a row of a tile's item: first its output, then its maximum, then its sum.</summary>
        public readonly long StateOffset(WorkTile tile, int query, int head, int state) =>
            ((((((long)tile.StateRow + query) * Heads) + head) * States) + state) * StateWorkspace.Length(ValueDimension);

        /// <summary>A partial state of a row of a tile's item.</summary>
        public readonly SoftmaxState State(WorkTile tile, int query, int head, int state)
        {
            long end = StateOffset(tile, query, head, state) + ValueDimension;
            return new SoftmaxState(Workspace[end], Workspace[end + 1]);
        }

        /// <summary>Stores the state that a tile has of a row; where its output begins is returned.</summary>
        public readonly long StoreState(WorkTile tile, int query, int head, SoftmaxState state)
        {
            long offset = StateOffset(tile, query, head, tile.State);
            Workspace[offset + ValueDimension] = state.Maximum;
            Workspace[offset + ValueDimension + 1] = state.Sum;
            return offset;
        }

        /// <summary>All partial states of a row merged in their order, which does not depend on who finished first: m = max mᵢ,
        /// l = Σᵢ e^(mᵢ − m)·lᵢ.</summary>
        public readonly SoftmaxState MergedState(WorkTile tile, int query, int head)
        {
            float maximum = float.NegativeInfinity;
            for (int state = 0; state <= tile.State; state++)
                maximum = SoftmaxState.Larger(maximum, State(tile, query, head, state).Maximum);
            float sum = 0f;
            for (int state = 0; state <= tile.State; state++)
            {
                SoftmaxState part = State(tile, query, head, state);
                sum += part.Sum * part.Rescale(maximum);
            }

            return new SoftmaxState(maximum, sum);
        }

        /// <summary>
        /// The end of a row, once all its keys are in the state: stores its log-sum-exp, where it is asked for, and returns what its output
        /// is multiplied by.
        /// </summary>
        /// <param name="item">The item.</param>
        /// <param name="query">The query token, from the item's first.</param>
        /// <param name="head">The query head.</param>
        /// <param name="state">The state of all keys.</param>
        /// <param name="stores">Whether the caller is the one thread that stores.</param>
        public readonly float Finish(WorkItem item, int query, int head, SoftmaxState state, bool stores = true)
        {
            SoftmaxState all = WithSink(state, head);
            if (stores && LogSumExp.Length > 0)
                LogSumExp[TLayout.LogSumExpOffset(Layout, item.Sequence, head, item.FirstToken + query)] = all.LogSumExp();
            return Normalizer(state, all);
        }

        /// <summary>Whether rows of queries, keys, values and outputs begin at multiples of so many numbers.</summary>
        public readonly bool AreAligned(int numbers) =>
            TLayout.IsAligned(Layout, numbers) && QueryHeadStride % numbers == 0 && OutputHeadStride % numbers == 0 &&
            Query.IsAligned(numbers) && Output.IsAligned(numbers) && Keys.AreAligned(numbers) && Values.AreAligned(numbers);

        /// <summary>Whether offsets of keys and values fit into 32 bits as so many numbers, and are the same where units are.</summary>
        public readonly bool HaveShortOffsets(int numbers) =>
            (TKey.PerWord != TValue.PerWord || Keys.LiesAs(Values.PageStride, Values.TokenStride, Values.HeadStride)) &&
            Math.Max(Keys.Data.Length, Values.Data.Length) / (numbers / 2) <= uint.MaxValue;

        // A sink is one more score, and has no value.
        private readonly SoftmaxState WithSink(SoftmaxState state, int head) =>
            TModifier.HasSink ? state.Merge(SoftmaxState.Of(TModifier.Sink(Modifier, head))) : state;

        private static float Normalizer(SoftmaxState ofKeys, SoftmaxState all) =>
            TModifier.HasSink ? ofKeys.Rescale(all.Maximum) * all.Normalizer() : all.Normalizer();

        private readonly int Page(WorkItem item, int key) => TLayout.Page(Layout, item.Sequence, item.FirstKey + key);

        private readonly int Place(WorkItem item, int key) => TLayout.Place(Layout, item.FirstKey + key);

        private readonly float Score(float product, in Position at)
        {
            float score = TModifier.Apply(Modifier, product * Scale, at);
            return TMask.Allows(Mask, at) ? score : float.NegativeInfinity;
        }
    }
}
