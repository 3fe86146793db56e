namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>The weights of attention.</summary>
/// <param name="Norm">Of the norm in front: [dimension].</param>
/// <param name="Query">[heads·headDim, dimension].</param>
/// <param name="Key">Likewise.</param>
/// <param name="Value">Likewise.</param>
/// <param name="Output">[dimension, heads·headDim].</param>
/// <typeparam name="T">A vector or matrix, in host or in device memory.</typeparam>
internal sealed record AttentionWeights<T>(T Norm, T Query, T Key, T Value, T Output);

/// <summary>The weights of a feed-forward block.</summary>
/// <param name="Norm">Of the norm in front: [dimension].</param>
/// <param name="Up">[feed-forward size, dimension].</param>
/// <param name="Down">[dimension, feed-forward size].</param>
/// <typeparam name="T">A vector or matrix, in host or in device memory.</typeparam>
internal sealed record FeedForwardWeights<T>(T Norm, T Up, T Down);

/// <summary>A layer of the encoder or of the decoder.</summary>
/// <param name="Self">Attention to the own sequence.</param>
/// <param name="Cross">The decoder's attention to the source; <see langword="null"/> in the encoder.</param>
/// <param name="FeedForward">The feed-forward block.</param>
/// <typeparam name="T">A vector or matrix, in host or in device memory.</typeparam>
internal sealed record T5Layer<T>(AttentionWeights<T> Self, AttentionWeights<T>? Cross, FeedForwardWeights<T> FeedForward);

/// <summary>An encoder, or a decoder.</summary>
/// <param name="Layers">The layers, the first one first.</param>
/// <param name="Norm">Of the norm behind them: [dimension].</param>
/// <param name="Bias">What self attention of all layers adds to scores, by bucket of distance: [buckets, heads].</param>
/// <typeparam name="T">A vector or matrix, in host or in device memory.</typeparam>
internal sealed record T5Stack<T>(IReadOnlyList<T5Layer<T>> Layers, T Norm, T Bias);

/// <summary>A T5-like model in host memory.</summary>
/// <param name="Shape">The sizes.</param>
/// <param name="Embeddings">Of source and target, and the classifier's weights too: [vocabulary, dimension].</param>
/// <param name="Encoder">The encoder.</param>
/// <param name="Decoder">The decoder.</param>
internal sealed record T5Weights(T5Shape Shape, float[] Embeddings, T5Stack<float[]> Encoder, T5Stack<float[]> Decoder)
{
    // Scores and biases are large, so that attention is sharp and maps show a structure. Embeddings are small beside what layers add: with
    // larger ones, the tied classifier would find each token's own embedding and repeat the token for ever.
    private const float ScoreDeviation = 6f, BiasDeviation = 3f, EmbeddingDeviation = 0.15f, NormDeviation = 0.1f;

    /// <summary>Normally distributed weights, which mean nothing.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="seed">What the numbers start from.</param>
    public static T5Weights Random(T5Shape shape, int seed)
    {
        var random = new Random(seed);
        float[] embeddings = Draw(shape.Vocabulary * shape.Dimension, EmbeddingDeviation);
        return new T5Weights(shape, embeddings, Stack(isDecoder: false), Stack(isDecoder: true));

        T5Stack<float[]> Stack(bool isDecoder) => new(
            [.. Enumerable.Range(0, shape.Layers).Select(_ => Layer(isDecoder))], Norm(), Draw(shape.Buckets * shape.Heads, BiasDeviation));

        T5Layer<float[]> Layer(bool isDecoder) => new(Attention(), isDecoder ? Attention() : null, FeedForward());

        // Scores are not divided by √headDim, as in T5: the query's weights are that much smaller.
        AttentionWeights<float[]> Attention() => new(
            Norm(), Matrix(shape.Inner, shape.Dimension, ScoreDeviation / MathF.Sqrt(shape.HeadDimension)),
            Matrix(shape.Inner, shape.Dimension), Matrix(shape.Inner, shape.Dimension), Matrix(shape.Dimension, shape.Inner));

        FeedForwardWeights<float[]> FeedForward() => new(
            Norm(), Matrix(shape.FeedForward, shape.Dimension), Matrix(shape.Dimension, shape.FeedForward));

        float[] Matrix(int rows, int columns, float factor = 1f) => Draw(rows * columns, factor / MathF.Sqrt(columns));

        float[] Norm() => Draw(shape.Dimension, NormDeviation, mean: 1f);

        // Box and Muller's transform.
        float[] Draw(int count, float deviation, float mean = 0f) => [.. Enumerable.Range(0, count).Select(_ => (float)(mean
            + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))))];
    }
}
