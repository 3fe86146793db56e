using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>The weights of a BERT encoder on a device.</summary>
internal sealed class EncoderWeights : IDisposable
{
    // A layer's matrices in the order of the model's nodes.
    private const int Query = 0, Key = 1, Value = 2, Attended = 3, FeedForwardUp = 4, FeedForwardDown = 5, MatricesOfLayer = 6;

    private readonly Resources resources = new();
    private readonly AttentionDevice device;

    /// <summary>Copies weights to a device.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="InvalidDataException">The model is no BERT encoder.</exception>
    public EncoderWeights(AttentionDevice device, OnnxWeights model)
    {
        this.device = device;
        try
        {
            Words = Upload(model, "embeddings.word_embeddings.weight");
            Positions = Upload(model, "embeddings.position_embeddings.weight");

            // All tokens are of the first sentence of none or two.
            TokenType = Upload(model, "embeddings.token_type_embeddings.weight").View.Slice(0, 0, 1).Reshape([Words.Shape[1]]);
            Norm = UploadNorm(model, "embeddings.LayerNorm");
            IReadOnlyList<OnnxTensor> matrices = model.Matrices;
            if (matrices.Count == 0 || matrices.Count % MatricesOfLayer != 0)
                throw new InvalidDataException($"The model has {matrices.Count} matrices; a BERT encoder has {MatricesOfLayer} a layer.");
            Layers = [.. Enumerable.Range(0, matrices.Count / MatricesOfLayer).Select(layer => UploadLayer(model, matrices, layer))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>[vocabulary, hidden].</summary>
    public Tensor<float> Words { get; }

    /// <summary>[positions, hidden].</summary>
    public Tensor<float> Positions { get; }

    /// <summary>[hidden].</summary>
    public TensorView<float> TokenType { get; }

    /// <summary>The norm behind the embeddings.</summary>
    public NormWeights Norm { get; }

    /// <summary>The layers.</summary>
    public IReadOnlyList<EncoderLayer> Layers { get; }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private EncoderLayer UploadLayer(OnnxWeights model, IReadOnlyList<OnnxTensor> matrices, int layer)
    {
        string name = $"encoder.layer.{layer}";
        OnnxTensor Matrix(int index) => matrices[(MatricesOfLayer * layer) + index];
        float[] Bias(string of) => model[$"{name}.{of}.bias"].Elements;
        string self = "attention.self";

        // One product makes queries, keys and values.
        LinearWeights inputs = UploadLinear(
            [.. Matrix(Query).Transposed(), .. Matrix(Key).Transposed(), .. Matrix(Value).Transposed()],
            [.. Bias($"{self}.query"), .. Bias($"{self}.key"), .. Bias($"{self}.value")]);
        return new EncoderLayer(
            inputs, UploadLinear(Matrix(Attended).Transposed(), Bias("attention.output.dense")),
            UploadNorm(model, $"{name}.attention.output.LayerNorm"),
            UploadLinear(Matrix(FeedForwardUp).Transposed(), Bias("intermediate.dense")),
            UploadLinear(Matrix(FeedForwardDown).Transposed(), Bias("output.dense")), UploadNorm(model, $"{name}.output.LayerNorm"));
    }

    private LinearWeights UploadLinear(float[] matrix, float[] bias) =>
        new(resources.Add(device.Upload(matrix, [bias.Length, matrix.Length / bias.Length])), resources.Add(device.Upload(bias, [bias.Length])));

    private NormWeights UploadNorm(OnnxWeights model, string name) => new(Upload(model, $"{name}.weight"), Upload(model, $"{name}.bias"));

    private Tensor<float> Upload(OnnxWeights model, string name) => resources.Add(device.Upload(model[name].Elements, [.. model[name].Shape]));
}

/// <summary>A linear layer: y = x·Wᵀ + b.</summary>
/// <param name="Matrix">W [rows, columns].</param>
/// <param name="Bias">b [rows].</param>
internal sealed record LinearWeights(TensorView<float> Matrix, TensorView<float> Bias);

/// <summary>Weight and bias of a layer norm, [hidden] each.</summary>
internal sealed record NormWeights(TensorView<float> Weight, TensorView<float> Bias);

/// <summary>A layer.</summary>
/// <param name="Inputs">Makes queries, keys and values, one behind the other.</param>
/// <param name="Attended">Mixes the heads.</param>
/// <param name="AttentionNorm">The norm behind attention.</param>
/// <param name="Up">The first half of the feed-forward block.</param>
/// <param name="Down">The second half.</param>
/// <param name="FeedForwardNorm">The norm behind it.</param>
internal sealed record EncoderLayer(
    LinearWeights Inputs, LinearWeights Attended, NormWeights AttentionNorm, LinearWeights Up, LinearWeights Down, NormWeights FeedForwardNorm);
