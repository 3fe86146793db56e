namespace AttentionKernels.Samples.Llama;

/// <summary>Keys and values in one tensor per layer, position after position, with room for the longest sequence.</summary>
internal sealed class ContiguousSequenceCache : SequenceCache
{
    private readonly AttentionDevice device;
    private readonly ModelShape shape;
    private readonly RotaryTable rotary;
    private readonly Resources resources = new();
    private readonly Tensor<float>[] keys;
    private readonly Tensor<float>[] values;
    private readonly AttentionPlan<float> decode;
    private AttentionPlan<float>? prefill;
    private int newTokens;

    /// <summary>Allocates the tensors, and plans the attention of a single new token.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public ContiguousSequenceCache(AttentionDevice device, ModelShape shape, RotaryTable rotary)
    {
        this.device = device;
        this.shape = shape;
        this.rotary = rotary;
        try
        {
            keys = Allocate();
            values = Allocate();
            // A plan takes as many keys as it was made for, or fewer: this one serves every step, whatever the length.
            decode = resources.Add(Plan(queries: 1, keys: shape.MaximumPositions));
        }
        catch
        {
            resources.Dispose();
            throw;
        }

        Tensor<float>[] Allocate() => [.. Enumerable.Range(0, shape.Layers).Select(_ =>
            resources.Add(device.Allocate<float>([1, shape.MaximumPositions, shape.KeyValueHeads, shape.HeadDimension])))];
    }

    /// <inheritdoc/>
    public override (TensorView<float> Key, TensorView<float> Value) NewRows(int layer) =>
        (keys[layer].Slice(1, Length - newTokens, newTokens), values[layer].Slice(1, Length - newTokens, newTokens));

    /// <inheritdoc/>
    public override void Attend(int layer, TensorView<float> query, TensorView<float> output)
    {
        TensorView<float> key = NewRows(layer).Key;
        device.RotaryEmbedding(query, rotary, query, RotaryStyle.Interleaved, Length - newTokens);
        device.RotaryEmbedding(key, rotary, key, RotaryStyle.Interleaved, Length - newTokens);
        (prefill ?? decode).Run(query, keys[layer].Slice(1, 0, Length), values[layer].Slice(1, 0, Length), output);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        prefill?.Dispose();
        resources.Dispose();
    }

    /// <inheritdoc/>
    protected override void Prepare(int tokens)
    {
        prefill?.Dispose();
        prefill = tokens == 1 ? null : Plan(tokens, Length);
        newTokens = tokens;
    }

    private AttentionPlan<float> Plan(int queries, int keys) => device.PlanAttention(
        [1, queries, shape.Heads, shape.HeadDimension], [1, keys, shape.KeyValueHeads, shape.HeadDimension], new CausalMask());
}
