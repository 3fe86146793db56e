namespace AttentionKernels.Samples.Llama;

/// <summary>The weights of one layer in device memory, with the shapes of <see cref="LayerWeights"/>.</summary>
internal sealed record DeviceLayer(
    Tensor<float> AttentionNorm,
    WeightMatrix Query,
    WeightMatrix Key,
    WeightMatrix Value,
    WeightMatrix Output,
    Tensor<float> FeedForwardNorm,
    WeightMatrix Gate,
    WeightMatrix Down,
    WeightMatrix Up);

/// <summary>The weights of a model in device memory, with the shapes of <see cref="Checkpoint"/>.</summary>
internal sealed record DeviceWeights(
    Tensor<float> Embeddings, IReadOnlyList<DeviceLayer> Layers, Tensor<float> FinalNorm, WeightMatrix Classifier)
{
    /// <summary>Copies a checkpoint to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="checkpoint">The weights in host memory.</param>
    /// <param name="format">What matrices are rounded to; embeddings and norms stay fp32.</param>
    /// <param name="resources">Takes over the device memory.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static DeviceWeights Upload(AttentionDevice device, Checkpoint checkpoint, NumberFormat format, Resources resources)
    {
        ModelShape shape = checkpoint.Shape;
        Tensor<float> embeddings = resources.Add(device.Upload(checkpoint.Embeddings.Span, [shape.Vocabulary, shape.Dimension]));
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
            shape.SharedClassifier && format == NumberFormat.Float32
                ? new WeightMatrix<float>(embeddings, NumberFormat.Float32)
                : Matrix(shape.SharedClassifier ? checkpoint.Embeddings : checkpoint.Classifier, shape.Vocabulary));

        Tensor<float> Vector(ReadOnlyMemory<float> elements) => resources.Add(device.Upload(elements.Span, [elements.Length]));

        WeightMatrix Matrix(ReadOnlyMemory<float> elements, int rows) =>
            WeightMatrix.Upload(device, elements.Span, rows, format, resources);
    }
}
