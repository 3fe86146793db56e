using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// O = softmax(Q·Kᵀ·scale)·V with the scores of every pair materialised in memory, one row after the other: the definition, and the
    /// baseline of every comparison.
    /// </summary>
    /// <remarks>
    /// Tile: one query row of one head; a work item does three passes over its row of the workspace [tile, key]: scores and their maximum,
    /// exponents and their sum, weighted values. Plain scalar code, the same on every device.
    /// </remarks>
    internal readonly struct NaiveAttention : ITileKernel<Arguments>
    {
        private const int SumBlock = 64;

        /// <summary>The tiles of an item.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) => new(item.Queries, arguments.Heads);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            WorkTile at = TWork.Tile(arguments.Work, tile);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int query = at.RowTile;
            int head = at.Head;
            int keyValueHead = head / arguments.HeadGroup;
            long queryRow = arguments.QueryOffset(item, query, head);
            long outputRow = arguments.OutputOffset(item, query, head);
            long scores = tile * arguments.MaximumKeys;

            Position first = TWork.Position(arguments.Work, item, head, query);
            float maximum = float.NegativeInfinity;
            for (int key = 0; key < item.Keys; key++)
            {
                float product = arguments.Product(queryRow, arguments.KeyRow(item, key, keyValueHead));
                product *= arguments.KeyScale(item, key, keyValueHead);
                float score = arguments.Score(product, first, key);
                arguments.Workspace[scores + key] = score;
                maximum = SoftmaxState.Larger(maximum, score);
            }

            // From here on the row holds weights; a masked key is marked by −1, so that its value is never read, whatever it holds.
            // Many small weights added one by one to a large sum would each lose bits: they are summed in blocks.
            float sum = 0f;
            for (int firstKey = 0; firstKey < item.Keys; firstKey += SumBlock)
            {
                float blockSum = 0f;
                for (int key = firstKey; key < Math.Min(firstKey + SumBlock, item.Keys); key++)
                {
                    float score = arguments.Workspace[scores + key];
                    float weight = SoftmaxState.Weight(score, maximum);
                    arguments.Workspace[scores + key] = score == float.NegativeInfinity ? -1f : weight;
                    blockSum += weight;
                }

                sum += blockSum;
            }

            float normalizer = arguments.Finish(item, query, head, new SoftmaxState(maximum, sum));
            for (int dimension = 0; dimension < arguments.ValueDimension; dimension++)
            {
                float output = 0f;
                for (int key = 0; key < item.Keys; key++)
                {
                    float weight = arguments.Workspace[scores + key];
                    if (weight < 0f)
                        continue;
                    output = FusedMultiplyAdd.Fma(weight, arguments.ValueNumber(item, key, keyValueHead, dimension), output);
                }

                arguments.Output[outputRow + dimension] = TElement.Narrow(output * normalizer);
            }
        }
    }
}
