using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>A T5-like model in device memory.</summary>
internal sealed class T5DeviceWeights : IDisposable
{
    private readonly Resources resources = new();
    private readonly AttentionDevice device;
    private readonly T5Shape shape;

    /// <summary>Copies a model to a device.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public T5DeviceWeights(AttentionDevice device, T5Weights weights)
    {
        this.device = device;
        shape = weights.Shape;
        try
        {
            Embeddings = Matrix(weights.Embeddings, shape.Dimension);

            // T5 divides by √dimension what it multiplies with its tied embeddings.
            float scale = 1f / MathF.Sqrt(shape.Dimension);
            Classifier = Matrix([.. weights.Embeddings.Select(weight => scale * weight)], shape.Dimension);
            Encoder = Upload(weights.Encoder, isBidirectional: true);
            Decoder = Upload(weights.Decoder, isBidirectional: false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>[vocabulary, dimension].</summary>
    public TensorView<float> Embeddings { get; }

    /// <summary>The same, times 1/√dimension.</summary>
    public TensorView<float> Classifier { get; }

    /// <summary>The encoder; its bias is by distance, as <see cref="RelativeBias"/> takes it.</summary>
    public T5Stack<TensorView<float>> Encoder { get; }

    /// <summary>The decoder, likewise.</summary>
    public T5Stack<TensorView<float>> Decoder { get; }

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private T5Stack<TensorView<float>> Upload(T5Stack<float[]> stack, bool isBidirectional)
    {
        float[] bias = RelativeBuckets.Table(stack.Bias, shape.Heads, shape.LargestDistance, isBidirectional);
        return new([.. stack.Layers.Select(Upload)], Vector(stack.Norm), Matrix(bias, bias.Length / shape.Heads));
    }

    private T5Layer<TensorView<float>> Upload(T5Layer<float[]> layer) => new(
        Upload(layer.Self), layer.Cross is { } cross ? Upload(cross) : null, Upload(layer.FeedForward));

    private FeedForwardWeights<TensorView<float>> Upload(FeedForwardWeights<float[]> weights) => new(
        Vector(weights.Norm), Matrix(weights.Up, shape.Dimension), Matrix(weights.Down, shape.FeedForward));

    private AttentionWeights<TensorView<float>> Upload(AttentionWeights<float[]> weights) => new(
        Vector(weights.Norm), Matrix(weights.Query, shape.Dimension), Matrix(weights.Key, shape.Dimension),
        Matrix(weights.Value, shape.Dimension), Matrix(weights.Output, shape.Inner));

    private TensorView<float> Vector(float[] elements) => resources.Add(device.Upload(elements, [elements.Length]));

    private TensorView<float> Matrix(float[] elements, int columns) =>
        resources.Add(device.Upload(elements, [elements.Length / columns, columns]));
}
