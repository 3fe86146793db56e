namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>What flows through the layers for the tokens of a batch: device memory that grows with the largest batch so far.</summary>
/// <param name="device">The device.</param>
/// <param name="hidden">Elements of a token.</param>
/// <param name="feedForward">Elements of a token inside a feed-forward block.</param>
/// <param name="heads">Heads of attention.</param>
internal sealed class Activations(AttentionDevice device, int hidden, int feedForward, int heads) : IDisposable
{
    private Tensor<float>? memory;
    private long tokens;

    /// <summary>What flows through the layers: [tokens, hidden].</summary>
    public TensorView<float> Stream { get; private set; }

    /// <summary>What a block adds to it: [tokens, hidden].</summary>
    public TensorView<float> Update { get; private set; }

    /// <summary>Queries, keys and values: [tokens, 3·hidden].</summary>
    public TensorView<float> Inputs { get; private set; }

    /// <summary>The queries: [1, tokens, heads, headDim], a part of <see cref="Inputs"/>.</summary>
    public TensorView<float> Query => Part(0);

    /// <summary>The keys, likewise.</summary>
    public TensorView<float> Key => Part(1);

    /// <summary>The values, likewise.</summary>
    public TensorView<float> Value => Part(2);

    /// <summary>What attention gives: [1, tokens, heads, headDim].</summary>
    public TensorView<float> Attended { get; private set; }

    /// <summary>Inside a feed-forward block: [tokens, feed-forward size].</summary>
    public TensorView<float> FeedForward { get; private set; }

    /// <summary>Makes room for so many tokens.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public void Resize(int count)
    {
        long perToken = (6L * hidden) + feedForward;
        if (memory is null || memory.Shape[0] < perToken * count)
        {
            memory?.Dispose();
            memory = null;
            memory = device.Allocate<float>([perToken * count]);
        }

        tokens = count;
        long first = 0;
        Stream = Take(hidden);
        Update = Take(hidden);
        Inputs = Take(3L * hidden);
        Attended = Take(hidden).Reshape([1, count, heads, hidden / heads]);
        FeedForward = Take(feedForward);
        TensorView<float> Take(long columns)
        {
            TensorView<float> view = memory.Slice(0, first, count * columns).Reshape([count, columns]);
            first += count * columns;
            return view;
        }
    }

    /// <summary>Exchanges <see cref="Stream"/> and <see cref="Update"/>.</summary>
    public void Exchange() => (Stream, Update) = (Update, Stream);

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose() => memory?.Dispose();

    private TensorView<float> Part(int index) => Inputs.Reshape([1, tokens, 3L * heads, hidden / heads]).Slice(2, index * heads, heads);
}
