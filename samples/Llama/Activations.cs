namespace AttentionKernels.Samples.Llama;

/// <summary>What a pass through the layers keeps in device memory between its kernels, for a fixed number of tokens.</summary>
internal sealed class Activations : IDisposable
{
    private readonly Resources resources = new();

    /// <summary>Allocates.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="tokens">The number of tokens that go through the layers together.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public Activations(AttentionDevice device, ModelShape shape, int tokens)
    {
        try
        {
            Tokens = resources.Add(device.Allocate<int>([tokens]));
            Stream = Allocate([tokens, shape.Dimension]);
            Normalized = Allocate([tokens, shape.Dimension]);
            Query = Allocate([1, tokens, shape.Heads, shape.HeadDimension]);
            Attended = Allocate([1, tokens, shape.Heads, shape.HeadDimension]);
            Gate = Allocate([tokens, shape.HiddenDimension]);
            Up = Allocate([tokens, shape.HiddenDimension]);
            Update = Allocate([tokens, shape.Dimension]);
        }
        catch
        {
            resources.Dispose();
            throw;
        }

        Tensor<float> Allocate(TensorShape extents) => resources.Add(device.Allocate<float>(extents));
    }

    /// <summary>The tokens: [tokens].</summary>
    public Tensor<int> Tokens { get; }

    /// <summary>What flows through the layers: [tokens, dimension].</summary>
    public Tensor<float> Stream { get; }

    /// <summary>The input of a block: [tokens, dimension].</summary>
    public Tensor<float> Normalized { get; }

    /// <summary>The queries, a batch of one sequence: [1, tokens, heads, headDim].</summary>
    public Tensor<float> Query { get; }

    /// <summary>What attention gives: [1, tokens, heads, headDim].</summary>
    public Tensor<float> Attended { get; }

    /// <summary>Inside a feed-forward block, what goes through SiLU: [tokens, hidden dimension].</summary>
    public Tensor<float> Gate { get; }

    /// <summary>Inside a feed-forward block, what the gate multiplies: [tokens, hidden dimension].</summary>
    public Tensor<float> Up { get; }

    /// <summary>What a block adds to <see cref="Stream"/>: [tokens, dimension].</summary>
    public Tensor<float> Update { get; }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => resources.Dispose();
}
