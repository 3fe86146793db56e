using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// O = softmax(Q·Kᵀ·scale)·V with the scores of every pair materialised in memory, one row after the other: the definition, and the
/// baseline of every comparison.
/// </summary>
/// <remarks>
/// Tile: one query row of one head; a work item does three passes over its row of the workspace [batch, heads, queries, keys]: scores
/// and their maximum, exponents and their sum, weighted values. Plain scalar code, the same on every device.
/// </remarks>
internal readonly struct NaiveAttention<TElement, TSequences, TMask, TModifier> : ITileKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private const int SumBlock = 64;

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int query = (int)(tile % arguments.MaximumQueries);
        int head = (int)(tile / arguments.MaximumQueries % arguments.Heads);
        int batch = (int)(tile / arguments.MaximumQueries / arguments.Heads);
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        if (query >= queryLength)
            return;

        int keyValueHead = arguments.KeyValueHead(head);
        long queryRow = TSequences.QueryOffset(arguments.Sequences, batch, query) + (head * arguments.QueryHeadStride);
        long outputRow = TSequences.OutputOffset(arguments.Sequences, batch, query) + (head * arguments.OutputHeadStride);
        long scores = tile * (arguments.Workspace.Length / ((long)arguments.Batch * arguments.Heads * arguments.MaximumQueries));

        Position first = TSequences.Position(arguments.Sequences, batch, head, query);
        float maximum = float.NegativeInfinity;
        for (int key = 0; key < keyLength; key++)
        {
            long keyRow = TSequences.KeyRow(arguments.Sequences, batch, key, keyValueHead);
            float product = 0f;
            for (int dimension = 0; dimension < arguments.HeadDimension; dimension++)
                product = FusedMultiplyAdd.Fma(
                    TElement.Widen(arguments.Query[queryRow + dimension]), TSequences.Key(arguments.Sequences, keyRow, dimension), product);
            product *= TSequences.KeyScale(arguments.Sequences, batch, key, keyValueHead);
            float score = arguments.Score(product, first, key);
            arguments.Workspace[scores + key] = score;
            maximum = SoftmaxState.Larger(maximum, score);
        }

        // From here on the row holds weights; a masked key is marked by −1, so that its value is never read, whatever it holds.
        // Many small weights added one by one to a large sum would each lose bits: they are summed in blocks.
        float sum = 0f;
        for (int firstKey = 0; firstKey < keyLength; firstKey += SumBlock)
        {
            float blockSum = 0f;
            for (int key = firstKey; key < Math.Min(firstKey + SumBlock, keyLength); key++)
            {
                float score = arguments.Workspace[scores + key];
                float weight = SoftmaxState.Weight(score, maximum);
                arguments.Workspace[scores + key] = score == float.NegativeInfinity ? -1f : weight;
                blockSum += weight;
            }

            sum += blockSum;
        }

        var state = new SoftmaxState(maximum, sum);
        float normalizer = state.Normalizer();
        for (int dimension = 0; dimension < arguments.ValueDimension; dimension++)
        {
            float output = 0f;
            for (int key = 0; key < keyLength; key++)
            {
                float weight = arguments.Workspace[scores + key];
                if (weight < 0f)
                    continue;
                output = FusedMultiplyAdd.Fma(weight, arguments.ValueNumber(batch, key, keyValueHead, dimension), output);
            }

            arguments.Output[outputRow + dimension] = TElement.Narrow(output * normalizer);
        }

        arguments.StoreLogSumExp(batch, head, query, state);
    }
}
