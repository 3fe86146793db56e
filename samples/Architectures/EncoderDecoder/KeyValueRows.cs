using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>Keys and values of some tokens in a layer: [1, tokens, heads, headDim] each.</summary>
internal readonly record struct KeyValueViews(TensorView<float> Key, TensorView<float> Value);

/// <summary>Keys and values of each layer, token after token, with room for more.</summary>
internal sealed class KeyValueRows : IDisposable
{
    private readonly Resources resources = new();
    private readonly Tensor<float>[] keys;
    private readonly Tensor<float>[] values;

    /// <summary>Allocates.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="capacity">The most tokens.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public KeyValueRows(AttentionDevice device, T5Shape shape, int capacity)
    {
        Capacity = capacity;
        try
        {
            keys = Allocate();
            values = Allocate();
        }
        catch
        {
            Dispose();
            throw;
        }

        Tensor<float>[] Allocate() => [.. Enumerable.Range(0, shape.Layers).Select(_ =>
            resources.Add(device.Allocate<float>([1, capacity, shape.Heads, shape.HeadDimension])))];
    }

    /// <summary>The most tokens.</summary>
    public int Capacity { get; }

    /// <summary>How many tokens there are.</summary>
    public int Length { get; private set; }

    /// <summary>Makes so many tokens more; their rows are to be written in each layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no room for them.</exception>
    public void Extend(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Capacity - Length);
        Length += tokens;
    }

    /// <summary>Keys and values of all tokens in a layer: [1, tokens, heads, headDim] each.</summary>
    public KeyValueViews All(int layer) => Rows(layer, 0, Length);

    /// <summary>Those of the last tokens.</summary>
    public KeyValueViews Last(int layer, int tokens) => Rows(layer, Length - tokens, tokens);

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private KeyValueViews Rows(int layer, int first, int tokens) =>
        new(keys[layer].Slice(1, first, tokens), values[layer].Slice(1, first, tokens));
}
