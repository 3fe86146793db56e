using AttentionKernels.Samples.Architectures.Encoder;

namespace AttentionKernels.Peers.Operations;

/// <summary>A whole encoder, all-MiniLM-L6-v2: the embeddings of some sentences.</summary>
/// <param name="shape">The sentences' lengths, for people to read.</param>
/// <param name="sentences">The tokens of each.</param>
internal sealed class SentenceOperation(string shape, int[][] sentences) : IOperation
{
    // Weights of all layers, each for a product and a sum a token.
    private const double LayerWeights = 6 * 12 * 384.0 * 384;

    /// <inheritdoc/>
    public string Name => "sentence-embeddings";

    /// <inheritdoc/>
    public string Shape => shape;

    /// <inheritdoc/>
    public double? FloatingPointOperations => 2 * LayerWeights * sentences.Sum(tokens => tokens.Length);

    /// <inheritdoc/>
    public long BytesRead => (long)LayerWeights * sizeof(float);

    /// <summary>The tokens of each sentence.</summary>
    public int[][] Sentences => sentences;

    /// <inheritdoc/>
    public PreparedRun Prepare(AttentionDevice device) => new EncoderRun(device, sentences);

    private sealed class EncoderRun : PreparedRun
    {
        private readonly SentenceEncoder _encoder;
        private readonly int[][] _sentences;
        private float[]? _embeddings;

        public EncoderRun(AttentionDevice device, int[][] sentences)
        {
            _encoder = Own(new SentenceEncoder(device, SentenceEncoder.ModelAssembly));
            _sentences = sentences;
        }

        public override void Run(int copy) => _embeddings = _encoder.Embed(_sentences);

        public override float[]? Result() => _embeddings;
    }
}
