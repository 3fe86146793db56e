using System.Numerics.Tensors;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>The weights of attention, which kernels never store: computed once more, for people to look at.</summary>
internal static class AttentionMap
{
    /// <summary>softmax(q·kᵀ / √headDim) of each head: [heads, tokens, tokens].</summary>
    /// <param name="query">[tokens, heads, headDim].</param>
    /// <param name="key">Likewise.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="heads">How many heads.</param>
    public static float[] Of(float[] query, float[] key, int tokens, int heads)
    {
        int dimension = query.Length / tokens / heads;
        float scale = 1f / MathF.Sqrt(dimension);
        float[] map = new float[heads * tokens * tokens];
        for (int row = 0; row < heads * tokens; row++)
        {
            (int head, int token) = Math.DivRem(row, tokens);
            Span<float> weights = map.AsSpan(row * tokens, tokens);
            for (int other = 0; other < tokens; other++)
                weights[other] = scale * TensorPrimitives.Dot<float>(Vector(query, token, head), Vector(key, other, head));
            TensorPrimitives.SoftMax(weights, weights);
        }

        return map;
        ReadOnlySpan<float> Vector(float[] vectors, int token, int head) => vectors.AsSpan(((token * heads) + head) * dimension, dimension);
    }
}
