namespace AttentionKernels.Samples.ComparePositions.Decay;

/// <summary>The scores that an attention kernel computes, by the distance of query and key.</summary>
/// <remarks>
/// Kernels never store scores. But the log-sum-exp of a query that attends to one key is ln(exp(score)): that key's score, with all that a
/// modifier adds. So each query attends to the first key, and the log-sum-exp is a row of scores against distance.
/// </remarks>
internal static class DistanceScores
{
    /// <summary>q·k·scale, and what a modifier makes of it: [heads, tokens], a column for each distance from 0.</summary>
    /// <param name="device">The device.</param>
    /// <param name="query">[1, tokens, heads, headDim].</param>
    /// <param name="key">[1, tokens, kv heads, headDim].</param>
    /// <param name="modifier">The score modifier.</param>
    /// <param name="scale">What products are multiplied by.</param>
    public static float[] Compute<TModifier>(
        AttentionDevice device, TensorView<float> query, TensorView<float> key, TModifier modifier, float scale = 1f)
        where TModifier : struct, IScoreModifier<TModifier>
    {
        using Tensor<float> scores = device.Allocate<float>([1, query.Shape[2], query.Shape[1]]);
        using Tensor<float> output = device.Attention(
            query, key, key, new FirstKeyMask(), modifier, NumberFormat.Float32, new AttentionOptions { Scale = scale }, scores);
        return scores.ToArray();
    }
}
