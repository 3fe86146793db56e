namespace AttentionKernels.Samples.Llama;

/// <summary>What a pass through the layers keeps in device memory between its kernels, for as many tokens as a pass has.</summary>
internal sealed class Activations : IDisposable
{
    private readonly Resources resources = new();
    private readonly Tensor<int> tokens;
    private readonly Tensor<float> stream;
    private readonly Tensor<float> normalized;
    private readonly Tensor<float> query;
    private readonly Tensor<float> attended;
    private readonly Tensor<float> gate;
    private readonly Tensor<float> up;
    private readonly Tensor<float> update;

    /// <summary>Allocates.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="maximumTokens">The most tokens that go through the layers together.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public Activations(AttentionDevice device, ModelShape shape, int maximumTokens)
    {
        Count = maximumTokens;
        try
        {
            tokens = resources.Add(device.Allocate<int>([maximumTokens]));
            stream = Allocate([maximumTokens, shape.Dimension]);
            normalized = Allocate([maximumTokens, shape.Dimension]);
            query = Allocate([1, maximumTokens, shape.Heads, shape.HeadDimension]);
            attended = Allocate([1, maximumTokens, shape.Heads, shape.HeadDimension]);
            gate = Allocate([maximumTokens, shape.HiddenDimension]);
            up = Allocate([maximumTokens, shape.HiddenDimension]);
            update = Allocate([maximumTokens, shape.Dimension]);
        }
        catch
        {
            resources.Dispose();
            throw;
        }

        Tensor<float> Allocate(TensorShape extents) => resources.Add(device.Allocate<float>(extents));
    }

    /// <summary>The tokens of the pass: as many as there is room for, unless set to fewer.</summary>
    public int Count { get; set; }

    /// <summary>The tokens: [tokens].</summary>
    public TensorView<int> Tokens => tokens.Slice(0, 0, Count);

    /// <summary>What flows through the layers: [tokens, dimension].</summary>
    public TensorView<float> Stream => stream.Slice(0, 0, Count);

    /// <summary>The input of a block: [tokens, dimension].</summary>
    public TensorView<float> Normalized => normalized.Slice(0, 0, Count);

    /// <summary>The queries, a batch of one sequence: [1, tokens, heads, headDim].</summary>
    public TensorView<float> Query => query.Slice(1, 0, Count);

    /// <summary>What attention gives: [1, tokens, heads, headDim].</summary>
    public TensorView<float> Attended => attended.Slice(1, 0, Count);

    /// <summary>Inside a feed-forward block, what goes through SiLU: [tokens, hidden dimension].</summary>
    public TensorView<float> Gate => gate.Slice(0, 0, Count);

    /// <summary>Inside a feed-forward block, what the gate multiplies: [tokens, hidden dimension].</summary>
    public TensorView<float> Up => up.Slice(0, 0, Count);

    /// <summary>What a block adds to <see cref="Stream"/>: [tokens, dimension].</summary>
    public TensorView<float> Update => update.Slice(0, 0, Count);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => resources.Dispose();
}
