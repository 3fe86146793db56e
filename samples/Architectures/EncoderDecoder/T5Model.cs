using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>Which attention of an encoder–decoder.</summary>
internal enum AttentionKind
{
    /// <summary>Of source tokens to all source tokens.</summary>
    Source,

    /// <summary>Of target tokens to themselves and those before them.</summary>
    Target,

    /// <summary>Of target tokens to all source tokens.</summary>
    Cross,
}

/// <summary>Is shown queries [1, queries, heads, headDim] and keys [1, keys, heads, headDim] of attention when they are there.</summary>
internal delegate void AttentionObserver(AttentionKind kind, int layer, TensorView<float> query, TensorView<float> key);

/// <summary>A T5-like encoder–decoder: the source is read once, then each target token attends to it and to the target so far.</summary>
/// <remarks>
/// <para>Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text Transformer", 2020; after Vaswani et al.,
/// "Attention is all you need", 2017. Each block is x += block(RMSNorm(x)), without biases of linear layers:</para>
/// <para>encoder layer: self attention, softmax(q·kᵀ + b(key − query))·v, b bidirectional; ReLU feed-forward;</para>
/// <para>decoder layer: self attention likewise, causal; cross attention, softmax(q·kᵀ)·v with keys and values of the encoder's output;
/// ReLU feed-forward. Scores are not divided by √headDim.</para>
/// </remarks>
internal sealed class T5Model : IDisposable
{
    /// <summary>ε of the norms, as in T5.</summary>
    public const float NormEpsilon = 1e-6f;

    private readonly AttentionDevice device;
    private readonly Resources resources = new();
    private readonly T5DeviceWeights weights;

    // A run may have fewer queries and keys than its plan: these serve any source, and a target that grows.
    private readonly AttentionPlan<float> sourceAttention;
    private readonly AttentionPlan<float> targetAttention;
    private readonly AttentionPlan<float> crossAttention;

    /// <summary>Copies a model to a device.</summary>
    /// <param name="device">The device; the caller disposes it, later.</param>
    /// <param name="weights">The model.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public T5Model(AttentionDevice device, T5Weights weights)
    {
        this.device = device;
        Shape = weights.Shape;
        try
        {
            this.weights = resources.Add(new T5DeviceWeights(device, weights));
            TensorShape most = [1, Shape.MaximumTokens, Shape.Heads, Shape.HeadDimension];
            var unscaled = new AttentionOptions { Scale = 1f };
            sourceAttention = resources.Add(device.PlanAttention(most, most, new NoMask(), Bias(this.weights.Encoder), unscaled));
            targetAttention = resources.Add(device.PlanAttention(most, most, new CausalMask(), Bias(this.weights.Decoder), unscaled));
            crossAttention = resources.Add(device.PlanAttention(most, most, new NoMask(), unscaled));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The sizes.</summary>
    public T5Shape Shape { get; }

    /// <summary>Is shown what attention works on; nobody where it is <see langword="null"/>.</summary>
    public AttentionObserver? Observer { get; set; }

    /// <summary>Reads a source: the encoder's pass, and from its output keys and values of each decoder layer's cross attention.</summary>
    /// <returns>These keys and values, which all decoding steps use again.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no token, or there are too many.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public KeyValueRows Encode(int[] source)
    {
        CheckCount(source.Length, nameof(source));
        using T5Activations activations = Embed(source);
        using var own = new KeyValueRows(device, Shape, source.Length);
        own.Extend(source.Length);
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            T5Layer<TensorView<float>> current = weights.Encoder.Layers[layer];
            Normalize(activations, current.Self.Norm);
            Project(current.Self, activations.Normalized, own.All(layer));
            Project(activations, current.Self);
            Observer?.Invoke(AttentionKind.Source, layer, activations.Query, own.All(layer).Key);
            Attend(activations, current.Self, own.All(layer), sourceAttention);
            FeedForward(activations, current.FeedForward);
        }

        Normalize(activations, weights.Encoder.Norm);
        var read = new KeyValueRows(device, Shape, source.Length);
        read.Extend(source.Length);
        for (int layer = 0; layer < Shape.Layers; layer++)
            Project(weights.Decoder.Layers[layer].Cross!, activations.Normalized, read.All(layer));
        return read;
    }

    /// <summary>Passes target tokens through the decoder, behind those that the cache has.</summary>
    /// <param name="tokens">One in generation, or several.</param>
    /// <param name="source">What <see cref="Encode"/> has read; not changed.</param>
    /// <param name="cache">Keys and values of the target's tokens; takes those of the new ones.</param>
    /// <returns>The logits behind each: [tokens, vocabulary].</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no token, or no room for them.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public float[] Decode(int[] tokens, KeyValueRows source, KeyValueRows cache)
    {
        CheckCount(tokens.Length, nameof(tokens));
        cache.Extend(tokens.Length);
        using T5Activations activations = Embed(tokens);
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            T5Layer<TensorView<float>> current = weights.Decoder.Layers[layer];
            Normalize(activations, current.Self.Norm);
            Project(current.Self, activations.Normalized, cache.Last(layer, tokens.Length));
            Project(activations, current.Self);
            Observer?.Invoke(AttentionKind.Target, layer, activations.Query, cache.All(layer).Key);
            Attend(activations, current.Self, cache.All(layer), targetAttention);

            // No key and value is computed here: the source's are those that were made when it was read.
            Normalize(activations, current.Cross!.Norm);
            Project(activations, current.Cross);
            Observer?.Invoke(AttentionKind.Cross, layer, activations.Query, source.All(layer).Key);
            Attend(activations, current.Cross, source.All(layer), crossAttention);
            FeedForward(activations, current.FeedForward);
        }

        Normalize(activations, weights.Decoder.Norm);
        using Tensor<float> logits = device.Allocate<float>([tokens.Length, Shape.Vocabulary]);
        device.Linear(activations.Normalized, weights.Classifier, logits);
        return logits.ToArray();
    }

    /// <summary>An empty cache of a target.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public KeyValueRows NewCache() => new(device, Shape, Shape.MaximumTokens);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private void CheckCount(int tokens, string name)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Shape.MaximumTokens, name);
    }

    private T5Activations Embed(int[] tokens)
    {
        var activations = new T5Activations(device, Shape, tokens);
        device.EmbeddingLookup(weights.Embeddings, activations.Tokens, activations.Stream);
        return activations;
    }

    private void Normalize(T5Activations activations, TensorView<float> norm) =>
        device.RmsNorm(activations.Stream, norm, activations.Normalized, NormEpsilon);

    private RelativeBias Bias(T5Stack<TensorView<float>> stack) => new(stack.Bias, -Shape.LargestDistance);

    // Queries of normalised tokens.
    private void Project(T5Activations activations, AttentionWeights<TensorView<float>> layer) =>
        device.Linear(activations.Normalized, layer.Query, activations.Query.Reshape([activations.Stream.Shape[0], Shape.Inner]));

    // Keys and values of tokens [tokens, dimension].
    private void Project(AttentionWeights<TensorView<float>> layer, TensorView<float> tokens, KeyValueViews rows)
    {
        TensorShape dense = [tokens.Shape[0], Shape.Inner];
        device.Linear(tokens, layer.Key, rows.Key.Reshape(dense));
        device.Linear(tokens, layer.Value, rows.Value.Reshape(dense));
    }

    private void Attend(
        T5Activations activations, AttentionWeights<TensorView<float>> layer, KeyValueViews rows, AttentionPlan<float> plan)
    {
        plan.Run(activations.Query, rows.Key, rows.Value, activations.Attended);
        device.Linear(activations.Attended.Reshape([activations.Stream.Shape[0], Shape.Inner]), layer.Output, activations.Update);
        device.Add(activations.Stream, activations.Update, activations.Stream);
    }

    private void FeedForward(T5Activations activations, FeedForwardWeights<TensorView<float>> layer)
    {
        Normalize(activations, layer.Norm);
        device.Linear(activations.Normalized, layer.Up, activations.FeedForward);
        device.Activate(activations.FeedForward, Activation.Relu, activations.FeedForward);
        device.Linear(activations.FeedForward, layer.Down, activations.Update);
        device.Add(activations.Stream, activations.Update, activations.Stream);
    }
}
