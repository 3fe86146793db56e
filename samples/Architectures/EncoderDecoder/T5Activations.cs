using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>What a pass through a stack keeps in device memory between its kernels.</summary>
internal sealed class T5Activations : IDisposable
{
    private readonly Resources resources = new();
    private readonly AttentionDevice device;

    /// <summary>Allocates.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="tokens">The tokens of the pass.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public T5Activations(AttentionDevice device, T5Shape shape, int[] tokens)
    {
        this.device = device;
        try
        {
            Tokens = resources.Add(device.Upload(tokens, [tokens.Length]));
            Stream = Allocate([tokens.Length, shape.Dimension]);
            Normalized = Allocate([tokens.Length, shape.Dimension]);
            Update = Allocate([tokens.Length, shape.Dimension]);
            Query = Allocate([1, tokens.Length, shape.Heads, shape.HeadDimension]);
            Attended = Allocate([1, tokens.Length, shape.Heads, shape.HeadDimension]);
            FeedForward = Allocate([tokens.Length, shape.FeedForward]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>[tokens].</summary>
    public TensorView<int> Tokens { get; }

    /// <summary>What flows through the layers: [tokens, dimension].</summary>
    public TensorView<float> Stream { get; }

    /// <summary>The input of a block: [tokens, dimension].</summary>
    public TensorView<float> Normalized { get; }

    /// <summary>What a block adds to <see cref="Stream"/>: [tokens, dimension].</summary>
    public TensorView<float> Update { get; }

    /// <summary>The queries: [1, tokens, heads, headDim].</summary>
    public TensorView<float> Query { get; }

    /// <summary>What attention gives, likewise.</summary>
    public TensorView<float> Attended { get; }

    /// <summary>Inside a feed-forward block: [tokens, feed-forward size].</summary>
    public TensorView<float> FeedForward { get; }

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private TensorView<float> Allocate(TensorShape extents) => resources.Add(device.Allocate<float>(extents));
}
