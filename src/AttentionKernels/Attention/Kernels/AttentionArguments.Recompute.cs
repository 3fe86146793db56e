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
            WorkItem item = rows.Item;
            Position first = TWork.Position(Work, item, rows.Head(row), rows.Query(row));
            KeyRange split = tile.Keys(item);
            KeyRange range = Range(item, rows.Query(row), rows.Query(row)).Clip(split.First, split.End);
            long queryRow = QueryOffset(item, rows.Query(row), rows.Head(row));
            SoftmaxState state = SoftmaxState.Empty;
            float output = 0f;
            for (int key = range.First; key < range.End && !float.IsNaN(output); key++)
            {
                float product = KeyScale(item, key, rows.KeyValueHead) * Product(queryRow, KeyRow(item, key, rows.KeyValueHead));
                float score = Score(product, first, key);
                if (score == float.NegativeInfinity)
                    continue;
                SoftmaxState next = state.Merge(SoftmaxState.Of(score));
                float weight = SoftmaxState.Weight(score, next.Maximum);
                output = FusedMultiplyAdd.Fma(
                    weight, ValueNumber(item, key, rows.KeyValueHead, column), output * state.Rescale(next.Maximum));
                state = next;
            }

            return tile.HasStates ? output : output * Normalizer(state, WithSink(state, rows.Head(row)));
        }
    }
}
