using System.Numerics.Tensors;

namespace AttentionKernels.Samples.Architectures.Maps;

/// <summary>What scores are made of.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads; each serves as many query heads.</param>
/// <param name="HeadDimension">Elements of a head.</param>
internal sealed record ScoreTerms(int Heads, int KeyValueHeads, int HeadDimension)
{
    /// <summary>What products of query and key are multiplied by.</summary>
    public float Scale { get; init; } = 1f / MathF.Sqrt(HeadDimension);

    /// <summary>What is added to a score: a bias, or −∞ where the query does not attend to the key.</summary>
    public Func<Position, float> Bias { get; init; } = _ => 0f;

    /// <summary>The bias of a causal mask: no query attends to a key behind its own position.</summary>
    public static float Causal(Position at) => CausalMask.Allows(new CausalMask(), at) ? 0f : float.NegativeInfinity;
}

/// <summary>The weights of attention, which kernels never store: computed once more, for people to look at.</summary>
internal static class AttentionMap
{
    /// <summary>softmax(q·kᵀ·scale + bias) of each head: [heads, queries, keys].</summary>
    /// <param name="query">[queries, heads, headDim].</param>
    /// <param name="key">[keys, kv heads, headDim].</param>
    /// <param name="terms">Heads, scale and bias.</param>
    public static float[] Of(float[] query, float[] key, ScoreTerms terms)
    {
        (int heads, int keyHeads, int dimension) = terms;
        int queries = query.Length / heads / dimension;
        int keys = key.Length / keyHeads / dimension;
        float[] map = new float[heads * queries * keys];
        for (int row = 0; row < heads * queries; row++)
        {
            (int head, int token) = Math.DivRem(row, queries);
            ReadOnlySpan<float> queryRow = query.AsSpan(((token * heads) + head) * dimension, dimension);
            Span<float> weights = map.AsSpan(row * keys, keys);
            for (int other = 0; other < keys; other++)
            {
                // Grouped-query attention: neighbouring query heads share a kv head.
                int keyHead = head / (heads / keyHeads);
                ReadOnlySpan<float> keyRow = key.AsSpan(((other * keyHeads) + keyHead) * dimension, dimension);
                weights[other] = (terms.Scale * TensorPrimitives.Dot(queryRow, keyRow))
                    + terms.Bias(new Position(0, head, token, other, queries, keys));
            }

            TensorPrimitives.SoftMax(weights, weights);
        }

        return map;
    }
}
