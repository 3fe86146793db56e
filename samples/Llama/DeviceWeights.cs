namespace AttentionKernels.Samples.Llama;

/// <summary>The weights of one layer in device memory, with the shapes of <see cref="LayerWeights"/>.</summary>
internal sealed record DeviceLayer(
    Tensor<float> AttentionNorm,
    Tensor<float> Query,
    Tensor<float> Key,
    Tensor<float> Value,
    Tensor<float> Output,
    Tensor<float> FeedForwardNorm,
    Tensor<float> Gate,
    Tensor<float> Down,
    Tensor<float> Up);

/// <summary>The weights of a model in device memory, with the shapes of <see cref="Checkpoint"/>.</summary>
internal sealed record DeviceWeights(
    Tensor<float> Embeddings, IReadOnlyList<DeviceLayer> Layers, Tensor<float> FinalNorm, Tensor<float> Classifier)
{
    /// <summary>Copies a checkpoint to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="checkpoint">The weights in host memory.</param>
    /// <param name="resources">Takes over the device memory.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static DeviceWeights Upload(AttentionDevice device, Checkpoint checkpoint, Resources resources)
    {
        ModelShape shape = checkpoint.Shape;
        Tensor<float> embeddings = Matrix(checkpoint.Embeddings, shape.Vocabulary);
        return new DeviceWeights(
            embeddings,
            [.. checkpoint.Layers.Select(layer => new DeviceLayer(
                Vector(layer.AttentionNorm),
                Matrix(layer.Query, shape.Dimension),
                Matrix(layer.Key, shape.KeyValueDimension),
                Matrix(layer.Value, shape.KeyValueDimension),
                Matrix(layer.Output, shape.Dimension),
                Vector(layer.FeedForwardNorm),
                Matrix(layer.Gate, shape.HiddenDimension),
                Matrix(layer.Down, shape.Dimension),
                Matrix(layer.Up, shape.HiddenDimension)))],
            Vector(checkpoint.FinalNorm),
            shape.SharedClassifier ? embeddings : Matrix(checkpoint.Classifier, shape.Vocabulary));

        Tensor<float> Vector(ReadOnlyMemory<float> elements) => resources.Add(device.Upload(elements.Span, [elements.Length]));

        Tensor<float> Matrix(ReadOnlyMemory<float> elements, int rows) =>
            resources.Add(device.Upload(elements.Span, [rows, elements.Length / rows]));
    }
}
