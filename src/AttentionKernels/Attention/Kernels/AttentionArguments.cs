using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>What every attention kernel takes: query and output, keys and values, layout, work, and the variant.</summary>
    internal struct Arguments
    {
        [KernelInput]
        public ArrayView<TElement> Query;
        public ArrayView<TElement> Output;

        /// <summary>Empty where no log-sum-exp is asked for.</summary>
        public ArrayView<float> LogSumExp;

        /// <summary>
        /// Naive: the scores, [batch, heads, queries, keys]. Split-KV: the partial states, for each split of each query and head the
        /// output so far, its maximum and its sum. Otherwise empty.
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

        /// <summary>How many items of work there are.</summary>
        public int Items;
        public int Heads;
        public int KeyValueHeads;
        public int HeadDimension;

        /// <summary>Elements of a value, and of an output; those of a query and a key are <see cref="HeadDimension"/>.</summary>
        public int ValueDimension;

        /// <summary>The most query tokens of any item; tiles are counted by it, and shorter items leave some without work.</summary>
        public int MaximumQueries;

        /// <summary>Split-KV: into how many ranges the keys are split, each of <see cref="SplitLength"/> keys but the last.</summary>
        public int Splits;

        public int SplitLength;

        /// <summary>Split-KV: keys are split for items with at most this many rows a kv head; others run unsplit.</summary>
        public int SplitRows;

        /// <summary>Split-KV: the most partial states of a row; where it is 1, the Vector schedule stores outputs at once.</summary>
        public int States;

        public long QueryHeadStride;
        public long OutputHeadStride;

        /// <summary>The query heads that share a kv head (grouped-query attention).</summary>
        public readonly int HeadGroup => Heads / KeyValueHeads;

        /// <summary>The most queries of an item whose keys are split.</summary>
        public readonly int SplitQueries => Math.Min(MaximumQueries, SplitRows / HeadGroup);

        /// <summary>Whether partial states of an item's rows are written to the workspace and merged; the keys of other items are not
        /// split.</summary>
        public readonly bool WritesStates(WorkItem item) => TWork.WritesStates(item, HeadGroup * item.Queries <= SplitRows);

        /// <summary>The keys of an item outside of which nothing is allowed for any of the given queries.</summary>
        public readonly KeyRange Range(WorkItem item, int firstQuery, int lastQuery) =>
            TWork.Range(Work, Mask, item, firstQuery, lastQuery);

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
            TKey.IsScaled ? Keys.Scales[Keys.ScaleRow(Page(item, key), Place(item, key), keyValueHead)] : 1f;

        /// <summary>The scale of a token's value of a kv head; 1 where values have none.</summary>
        public readonly float ValueScale(WorkItem item, int key, int keyValueHead) =>
            TValue.IsScaled ? Values.Scales[Values.ScaleRow(Page(item, key), Place(item, key), keyValueHead)] : 1f;

        /// <summary>A number of a token's key.</summary>
        public readonly float KeyNumber(WorkItem item, int key, int keyValueHead, int dimension) =>
            KeyScale(item, key, keyValueHead) * Keys.Number(KeyRow(item, key, keyValueHead), dimension);

        /// <summary>A number of a token's value.</summary>
        public readonly float ValueNumber(WorkItem item, int key, int keyValueHead, int dimension) =>
            ValueScale(item, key, keyValueHead) * Values.Number(ValueRow(item, key, keyValueHead), dimension);

        /// <summary>The offset of a partial state of a row: first its output, then its maximum, then its sum.</summary>
        public readonly long StateOffset(WorkItem item, int head, int query, int state) =>
            ((TWork.StateRow(Work, item, head, query, Heads, SplitQueries) * States) + state) * StateWorkspace.Length(ValueDimension);

        /// <summary>Stores a row's log-sum-exp, where it is asked for.</summary>
        public readonly void StoreLogSumExp(WorkItem item, int head, int query, SoftmaxState state)
        {
            if (LogSumExp.Length > 0)
                LogSumExp[TLayout.LogSumExpOffset(Layout, item.Sequence, head, item.FirstToken + query)] = state.LogSumExp();
        }

        private readonly int Page(WorkItem item, int key) => TLayout.Page(Layout, item.Sequence, item.FirstKey + key);

        private readonly int Place(WorkItem item, int key) => TLayout.Place(Layout, item.FirstKey + key);

        private static Position At(in Position first, int key) =>
            new(first.Batch, first.Head, first.Query, first.Key + key, first.QueryLength, first.KeyLength);

        private readonly float Score(float product, in Position at)
        {
            float score = TModifier.Apply(Modifier, product * Scale, at);
            return TMask.Allows(Mask, at) ? score : float.NegativeInfinity;
        }
    }
}
