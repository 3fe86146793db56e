using AttentionKernels.Samples.Llama.Kernels;

namespace AttentionKernels.Samples.Llama;

/// <summary>A Llama model whose weights, cache and arithmetic are on a device.</summary>
/// <remarks>
/// Touvron et al., "LLaMA: open and efficient foundation language models", 2023. Attention, rotary positions, norms, linear
/// layers and the paged cache are the library's, the other kernels the sample's own. All tokens of a prompt go through the layers together.
/// </remarks>
internal sealed class DeviceLanguageModel : ILanguageModel, IDisposable
{
    /// <summary>What the model was trained with; the checkpoint does not say it.</summary>
    private const float NormEpsilon = 1e-5f;

    /// <summary>The most that the library's attention takes.</summary>
    private const int MaximumHeadDimension = 512;

    private readonly ModelShape shape;
    private readonly Resources resources = new();
    private readonly AttentionDevice device;
    private readonly ModelKernels kernels;
    private readonly DeviceWeights weights;
    private readonly RotaryTable rotary;
    private readonly SequenceCache cache;
    private readonly Activations decode;
    private readonly Tensor<float> logits;
    private readonly float[] hostLogits;

    /// <summary>The rounds of the search for the likeliest token: at first all tokens are candidates, in the end one is left.</summary>
    private readonly Tensor<int>[] candidates;

    /// <summary>Copies a model to a device.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="layout">How keys and values lie in memory.</param>
    /// <param name="deviceSelector">A device as in <see cref="AttentionDevice.Open(string)"/>; the best one where <see langword="null"/>.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be used.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public DeviceLanguageModel(Checkpoint checkpoint, CacheLayout layout, string? deviceSelector)
    {
        shape = checkpoint.Shape;
        if (shape.HeadDimension > MaximumHeadDimension)
        {
            throw new NotSupportedException(
                $"The model's head dimension is {shape.HeadDimension}; attention takes {MaximumHeadDimension} at most.");
        }
        device = resources.Add(deviceSelector is null ? AttentionDevice.Open() : AttentionDevice.Open(deviceSelector));
        try
        {
            kernels = new ModelKernels(device);
            weights = DeviceWeights.Upload(device, checkpoint, resources);
            rotary = resources.Add(new RotaryTable(device, shape.MaximumPositions, shape.HeadDimension));
            cache = resources.Add<SequenceCache>(layout == CacheLayout.Paged
                ? new PagedSequenceCache(device, shape)
                : new ContiguousSequenceCache(device, shape));
            decode = resources.Add(new Activations(device, shape, tokens: 1));
            logits = resources.Add(device.Allocate<float>([shape.Vocabulary]));
            hostLogits = new float[shape.Vocabulary];
            candidates = AllocateCandidates();
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int MaximumPositions => shape.MaximumPositions;

    /// <inheritdoc/>
    public void Prefill(ReadOnlySpan<int> tokens)
    {
        cache.Clear();
        using Activations activations = new(device, shape, tokens.Length);
        Forward(tokens, activations);
        // The activations must outlive the kernels that use them.
        device.Synchronize();
    }

    /// <inheritdoc/>
    public void Decode(int token) => Forward([token], decode);

    /// <inheritdoc/>
    public int LikeliestToken()
    {
        for (int round = 1; round < candidates.Length; round++)
            kernels.Compare(logits, candidates[round - 1], candidates[round]);
        int likeliest = 0;
        candidates[^1].CopyTo(new Span<int>(ref likeliest));
        return likeliest;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits()
    {
        logits.CopyTo(hostLogits);
        return hostLogits;
    }

    /// <summary>Frees the memory and closes the device.</summary>
    public void Dispose() => resources.Dispose();

    /// <summary>Queues a pass of new tokens through all layers, and the logits behind the last of them.</summary>
    private void Forward(ReadOnlySpan<int> tokens, Activations activations)
    {
        int position = cache.Length;
        cache.Extend(tokens.Length);
        activations.Tokens.CopyFrom(tokens);
        kernels.Gather(weights.Embeddings, activations.Tokens, activations.Stream);
        for (int layer = 0; layer < weights.Layers.Count; layer++)
        {
            Attend(layer, position, activations);
            FeedForward(weights.Layers[layer], activations);
        }
        TensorView<float> last = activations.Stream.Slice(0, tokens.Length - 1, 1);
        TensorView<float> normalized = activations.Normalized.Slice(0, 0, 1);
        device.RmsNorm(last, weights.FinalNorm, normalized, NormEpsilon);
        Multiply(weights.Classifier, normalized, logits);
    }

    private void Attend(int index, int position, Activations activations)
    {
        DeviceLayer layer = weights.Layers[index];
        (TensorView<float> key, TensorView<float> value) = cache.NewRows(index);
        device.RmsNorm(activations.Stream, layer.AttentionNorm, activations.Normalized, NormEpsilon);
        Multiply(layer.Query, activations.Normalized, activations.Query);
        Multiply(layer.Key, activations.Normalized, key);
        Multiply(layer.Value, activations.Normalized, value);
        device.RotaryEmbedding(activations.Query, rotary, activations.Query, RotaryStyle.Interleaved, position);
        device.RotaryEmbedding(key, rotary, key, RotaryStyle.Interleaved, position);
        cache.Attend(index, activations.Query, activations.Attended);
        Multiply(layer.Output, activations.Attended, activations.Update);
        kernels.Add(activations.Stream, activations.Update);
    }

    private void FeedForward(DeviceLayer layer, Activations activations)
    {
        device.RmsNorm(activations.Stream, layer.FeedForwardNorm, activations.Normalized, NormEpsilon);
        Multiply(layer.Gate, activations.Normalized, activations.Gate);
        Multiply(layer.Up, activations.Normalized, activations.Up);
        kernels.Gate(activations.Gate, activations.Up);
        Multiply(layer.Down, activations.Gate, activations.Update);
        kernels.Add(activations.Stream, activations.Update);
    }

    /// <summary>Multiplies a matrix [rows, columns] with the vector of each token, whatever the dense shapes that these lie in.</summary>
    private void Multiply(TensorView<float> weights, TensorView<float> input, TensorView<float> output)
    {
        long tokens = input.ElementCount / weights.Shape[1];
        device.Linear(input.Reshape([tokens, weights.Shape[1]]), weights, output.Reshape([tokens, weights.Shape[0]]));
    }

    private Tensor<int>[] AllocateCandidates()
    {
        int count = shape.Vocabulary;
        List<Tensor<int>> rounds = [resources.Add(device.Upload(Enumerable.Range(0, count).ToArray(), [count]))];
        while (count > 1)
        {
            count = (count + Argmax.RunLength - 1) / Argmax.RunLength;
            rounds.Add(resources.Add(device.Allocate<int>([count])));
        }
        return [.. rounds];
    }
}
