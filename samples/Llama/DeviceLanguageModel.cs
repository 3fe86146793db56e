using AttentionKernels.Samples.Llama.Kernels;

namespace AttentionKernels.Samples.Llama;

/// <summary>A Llama model with one sequence, whose weights, cache and arithmetic are on a device.</summary>
internal sealed class DeviceLanguageModel : ILanguageModel, IDisposable
{
    private readonly ModelShape shape;
    private readonly Resources resources = new();
    private readonly AttentionDevice device;
    private readonly Decoder decoder;
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
    /// <param name="pageSize">Tokens of a page, where keys and values lie in pages.</param>
    /// <param name="weights">What matrices are stored as; fp32 where <see langword="null"/>.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be used.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public DeviceLanguageModel(Checkpoint checkpoint, CacheLayout layout, string? deviceSelector, int pageSize = 16, NumberFormat? weights = null)
    {
        shape = checkpoint.Shape;
        device = resources.Add(deviceSelector is null ? AttentionDevice.Open() : AttentionDevice.Open(deviceSelector));
        try
        {
            decoder = resources.Add(new Decoder(device, checkpoint, weights ?? NumberFormat.Float32));
            cache = resources.Add<SequenceCache>(layout == CacheLayout.Paged
                ? new PagedSequenceCache(device, shape, decoder.Rotary, pageSize)
                : new ContiguousSequenceCache(device, shape, decoder.Rotary));
            decode = resources.Add(new Activations(device, shape, maximumTokens: 1));
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
            decoder.Kernels.Compare(logits, candidates[round - 1], candidates[round]);
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
        cache.Extend(tokens.Length);
        activations.Tokens.CopyFrom(tokens);
        decoder.Forward(activations, cache);
        decoder.Classify(activations.Normalized.Slice(0, tokens.Length - 1, 1), logits.View.Reshape([1, shape.Vocabulary]));
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
