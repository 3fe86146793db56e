using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal partial struct Arguments
    {
        /// <summary>
        /// A number of a row's output, key by key, by a single thread that never reads a masked value: for outputs that are NaN, since a
        /// masked key's value that is not finite makes NaN of its weight of 0. Ends at the first NaN, which stays one.
        /// </summary>
        /// <param name="tile">The tile; where it has partial states, the output is not normalised.</param>
        /// <param name="rows">Its rows.</param>
        /// <param name="row">The row.</param>
        /// <param name="column">The number.</param>
        public readonly float OutputOf(WorkTile tile, SimtRows rows, int row, int column)
        {
            var scored = ScoredRow.Of(this, tile, rows, row);
            SoftmaxState state = SoftmaxState.Empty;
            float output = 0f;
            for (int key = scored.Keys.First; key < scored.Keys.End && !float.IsNaN(output); key++)
            {
                float score = scored.Score(this, key);
                if (score == float.NegativeInfinity)
                    continue;
                SoftmaxState next = state.Merge(SoftmaxState.Of(score));
                float weight = SoftmaxState.Weight(score, next.Maximum);
                output = FusedMultiplyAdd.Fma(
                    weight, ValueNumber(scored.Item, key, scored.Head, column), output * state.Rescale(next.Maximum));
                state = next;
            }

            return tile.HasStates ? output : output * Normalizer(state, WithSink(state, rows.Head(row)));
        }
    }

    /// <summary>A row whose scores are computed one by one, each by a single thread.</summary>
    private readonly struct ScoredRow(WorkItem item, int head, Position first, KeyRange keys, long query)
    {
        public readonly WorkItem Item = item;

        /// <summary>The kv head.</summary>
        public readonly int Head = head;

        /// <summary>The keys in its range that are the tile's.</summary>
        public readonly KeyRange Keys = keys;

        private readonly Position _first = first;
        private readonly long _query = query;

        public static ScoredRow Of(Arguments arguments, WorkTile tile, SimtRows rows, int row)
        {
            WorkItem item = rows.Item;
            int query = rows.Query(row);
            KeyRange split = tile.Keys(item);
            return new ScoredRow(
                item, rows.KeyValueHead, TWork.Position(arguments.Work, item, rows.Head(row), query),
                arguments.Range(item, query, query).Clip(split.First, split.End), arguments.QueryOffset(item, query, rows.Head(row)));
        }

        /// <summary>The score of a key in its range; −∞ where it is masked.</summary>
        public float Score(Arguments arguments, int key) => arguments.Score(
            arguments.KeyScale(Item, key, Head) * arguments.Product(_query, arguments.KeyRow(Item, key, Head)), _first, key);
    }
}
