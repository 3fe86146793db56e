using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// The step that every kernel of the Vector schedule repeats: one query row against a tile of keys, by online softmax.
/// </summary>
/// <remarks>
/// Dao, "FlashAttention-2", 2023, algorithm 1, for a single row: scores of the tile, the new maximum, the old output scaled down to it,
/// and the weighted values added.
/// </remarks>
internal static class VectorKeyTile
{
    /// <summary>Keys of a tile: few enough that keys and values stay in the innermost cache while all rows of a tile pass over them.</summary>
    public const int Keys = 64;

    /// <summary>Takes the keys of a range, at most <see cref="Keys"/>, into the row's state.</summary>
    /// <param name="arguments">The kernel's arguments.</param>
    /// <param name="state">The row's state before.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="head">The query head.</param>
    /// <param name="query">The query token.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="output">The row's output so far, unnormalised.</param>
    /// <param name="scores">Memory for <see cref="Keys"/> scores.</param>
    /// <returns>The row's state after.</returns>
    public static SoftmaxState Accumulate<TSequences, TMask, TModifier>(
        AttentionArguments<TSequences, TMask, TModifier> arguments,
        SoftmaxState state,
        int batch,
        int head,
        int query,
        KeyRange keys,
        ArrayView<float> output,
        ArrayView<float> scores)
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        int keyValueHead = arguments.KeyValueHead(head);
        long queryRow = TSequences.QueryOffset(arguments.Sequences, batch, query) + (head * arguments.QueryHeadStride);

        float maximum = state.Maximum;
        for (int key = keys.First; key < keys.End; key++)
        {
            long keyRow = TSequences.KeyOffset(arguments.Sequences, batch, key) + (keyValueHead * arguments.KeyHeadStride);
            float product = VectorRow.Dot(arguments.Query, queryRow, arguments.Key, keyRow, arguments.HeadDimension);
            float score = arguments.Score(product, new Position(batch, head, query, key, queryLength, keyLength));
            scores[key - keys.First] = score;
            maximum = SoftmaxState.Larger(maximum, score);
        }

        float rescale = state.Rescale(maximum);
        if (rescale != 1f)
            VectorRow.Scale(output, 0, rescale, output, 0, arguments.HeadDimension);

        // The tile's weights are summed apart: added one by one to the large sum of a long row, each would lose bits.
        float sum = 0f;
        for (int key = keys.First; key < keys.End; key++)
        {
            float score = scores[key - keys.First];
            if (score == float.NegativeInfinity)
                continue;
            float weight = SoftmaxState.Weight(score, maximum);
            sum += weight;
            long valueRow = TSequences.ValueOffset(arguments.Sequences, batch, key) + (keyValueHead * arguments.ValueHeadStride);
            VectorRow.MultiplyAdd(output, 0, weight, arguments.Value, valueRow, arguments.HeadDimension);
        }

        return new SoftmaxState(maximum, (state.Sum * rescale) + sum);
    }
}
