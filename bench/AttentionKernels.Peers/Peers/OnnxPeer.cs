using AttentionKernels.Peers.Operations;
using Microsoft.ML.OnnxRuntime;

namespace AttentionKernels.Peers.Peers;

/// <summary>
/// ONNX Runtime's provider for the processor. Keys and values are dense [batch, heads, tokens, headDim], as its cache has them; decode by
/// GroupQueryAttention appends the newest token to a cache that is its input and output in one, so the past is not copied.
/// </summary>
internal sealed class OnnxPeer : IPeer, IDisposable
{
    private readonly SessionOptions? _options;

    /// <summary>Loads the native library. Sessions take as many threads as asked for.</summary>
    public OnnxPeer(int threads)
    {
        Unavailable = NativeLibraryProbe.WhyNot("onnxruntime", typeof(SessionOptions).Assembly);
        if (Unavailable is not null)
            return;
        _options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Threads spin after a run: long enough for the next run of a sample, and no more when the library's turn comes.
        // By default it is 40 ms, in which the library had one processor less.
        _options.AddSessionConfigEntry("session.intra_op.spin_duration_us", "2000");
    }

    /// <inheritdoc/>
    public string Name => "OnnxRuntime";

    /// <inheritdoc/>
    public string? Unavailable { get; }

    /// <inheritdoc/>
    public IEnumerable<Way> Ways(IOperation operation) => operation switch
    {
        AttentionOperation attention => Attention(attention),
        RowNormOperation { IsCentered: true } norm => [WayOf("LayerNormalization", norm, OnnxOperators.LayerNormalization)],
        RowNormOperation norm => [WayOf("SimplifiedLayerNormalization", norm, OnnxOperators.SimplifiedLayerNormalization)],
        SentenceOperation sentences => [new("the model's own file", () => new OnnxEncoderRun(_options!, sentences.Sentences))],
        RotaryOperation rotary => [WayOf("RotaryEmbedding", rotary, OnnxOperators.RotaryEmbedding)],
        _ => [],
    };

    /// <summary>The product of two square matrices.</summary>
    public PreparedRun MatrixProduct(int size, float[] elements) => new OnnxRun(_options!, new OnnxNode("MatMul", "")
    {
        Inputs = [new("left", elements, size, size), new("right", elements, size, size)],
        Outputs = [new("product", size, size)],
    }, copies: 1);

    /// <summary>The embeddings of sentences, each computed alone.</summary>
    public float[] Embed(int[][] sentences)
    {
        using var run = new OnnxEncoderRun(_options!, sentences);
        return [.. sentences.SelectMany(sentence => run.Embed([sentence]))];
    }

    /// <inheritdoc/>
    public void Dispose() => _options?.Dispose();

    // GroupQueryAttention is always causal; where both operators fit, which one is faster is for the table to show.
    private IEnumerable<Way> Attention(AttentionOperation operation)
    {
        if (!operation.IsGrouped)
            yield return WayOf("MultiHeadAttention", operation, OnnxOperators.MultiHeadAttention);
        else if (!operation.IsCausal)
            yield return WayOf("MultiHeadAttention, kv heads repeated beforehand", operation, OnnxOperators.MultiHeadAttention);
        if (operation.IsDecode)
            yield return WayOf("GroupQueryAttention, cache in place", operation, OnnxOperators.GroupQueryAttentionDecode);
        else if (operation.IsCausal)
            yield return WayOf("GroupQueryAttention", operation, OnnxOperators.GroupQueryAttention);
    }

    private Way WayOf<TOperation>(string detail, TOperation operation, Func<TOperation, OnnxNode> node)
        where TOperation : IOperation =>
        new(detail, () => new OnnxRun(_options!, node(operation), operation.Copies));
}
