namespace AttentionKernels.Samples.Llama;

/// <summary>The layers of a Llama model on a device: tokens in, logits out. What they remember of tokens is the cache's.</summary>
/// <remarks>
/// Touvron et al., "LLaMA: open and efficient foundation language models", 2023. All kernels are the library's, but for the search for the
/// likeliest token. All new tokens go through the layers together, whether they are of one sequence or of many.
/// </remarks>
internal sealed class Decoder : IDisposable
{
    /// <summary>What the model was trained with; the checkpoint does not say it.</summary>
    private const float NormEpsilon = 1e-5f;

    /// <summary>The most that the library's attention takes.</summary>
    private const int MaximumHeadDimension = 512;

    private readonly Resources resources = new();
    private readonly DeviceWeights weights;

    /// <summary>Copies a model to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="format">What its matrices are stored as: fp32, fp16 or bf16.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public Decoder(AttentionDevice device, Checkpoint checkpoint, NumberFormat format)
    {
        Device = device;
        Shape = checkpoint.Shape;
        if (Shape.HeadDimension > MaximumHeadDimension)
        {
            throw new NotSupportedException(
                $"The model's head dimension is {Shape.HeadDimension}; attention takes {MaximumHeadDimension} at most.");
        }
        try
        {
            Kernels = new ModelKernels(device);
            weights = DeviceWeights.Upload(device, checkpoint, format, resources);
            Rotary = resources.Add(new RotaryTable(device, Shape.MaximumPositions, Shape.HeadDimension));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>The device.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The model's sizes.</summary>
    public ModelShape Shape { get; }

    /// <summary>The sample's own kernels.</summary>
    public ModelKernels Kernels { get; }

    /// <summary>The angles of positions.</summary>
    public RotaryTable Rotary { get; }

    /// <summary>Queues a pass of new tokens through all layers and the norm behind them, which leaves them in
    /// <see cref="Activations.Normalized"/>.</summary>
    /// <param name="activations">Whose <see cref="Activations.Tokens"/> are the new tokens.</param>
    /// <param name="cache">What is remembered, with a step begun for the new tokens.</param>
    public void Forward(Activations activations, ILayerCache cache)
    {
        Device.EmbeddingLookup(weights.Embeddings, activations.Tokens, activations.Stream);
        Device.RmsNorm(activations.Stream, weights.Layers[0].AttentionNorm, activations.Normalized, NormEpsilon);
        for (int layer = 0; layer < weights.Layers.Count; layer++)
        {
            Attend(layer, activations, cache);
            Add(activations, weights.Layers[layer].FeedForwardNorm);
            FeedForward(weights.Layers[layer], activations);
            bool isLast = layer + 1 == weights.Layers.Count;
            Add(activations, isLast ? weights.FinalNorm : weights.Layers[layer + 1].AttentionNorm);
        }
    }

    /// <summary>Queues what turns tokens behind the layers into logits.</summary>
    /// <param name="normalized">The tokens [tokens, dimension].</param>
    /// <param name="logits">[tokens, vocabulary].</param>
    public void Classify(TensorView<float> normalized, TensorView<float> logits) => Multiply(weights.Classifier, normalized, logits);

    /// <summary>Frees the memory; the device stays.</summary>
    public void Dispose() => resources.Dispose();

    private void Attend(int index, Activations activations, ILayerCache cache)
    {
        DeviceLayer layer = weights.Layers[index];
        (TensorView<float> key, TensorView<float> value) = cache.NewRows(index);
        Multiply(layer.Query, activations.Normalized, activations.Query);
        Multiply(layer.Key, activations.Normalized, key);
        Multiply(layer.Value, activations.Normalized, value);
        cache.Attend(index, activations.Query, activations.Attended);
        Multiply(layer.Output, activations.Attended, activations.Update);
    }

    private void FeedForward(DeviceLayer layer, Activations activations)
    {
        Multiply(layer.Gate, activations.Normalized, activations.Gate);
        Multiply(layer.Up, activations.Normalized, activations.Up);
        Device.Gate(activations.Gate, Activation.Silu, activations.Up, activations.Gate);
        Multiply(layer.Down, activations.Gate, activations.Update);
    }

    // Adds the result of a block to what flows through the layers, and normalises it for the next one.
    private void Add(Activations activations, TensorView<float> norm) => Device.AddRmsNorm(
        activations.Update, activations.Stream, norm, activations.Normalized, NumberFormat.Float32, new NormOptions { Epsilon = NormEpsilon });

    /// <summary>Multiplies a matrix [rows, columns] with the vector of each token, whatever the dense shapes that these lie in.</summary>
    private void Multiply(WeightMatrix matrix, TensorView<float> input, TensorView<float> output)
    {
        long tokens = input.ElementCount / matrix.Shape[1];
        matrix.Multiply(Device, input.Reshape([tokens, matrix.Shape[1]]), output.Reshape([tokens, matrix.Shape[0]]));
    }
}
