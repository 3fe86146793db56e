using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Peers.Operations;

/// <summary>
/// A whole language model of Llama's kind in fp32: a prompt in one go, and tokens that it writes one by one, the likeliest each.
/// </summary>
/// <param name="model">What the model is called.</param>
/// <param name="checkpoint">Its weights, made when they are first needed.</param>
/// <param name="promptTokens">Tokens of the prompt.</param>
/// <param name="writtenTokens">Tokens that are written behind it; where there are some, the prompt is one token.</param>
internal sealed class ModelOperation(string model, Lazy<Checkpoint> checkpoint, int promptTokens, int writtenTokens) : IOperation
{
    // llama.cpp has room for a multiple of so many.
    private const int PositionStep = 256;

    private int[]? _continuation;

    /// <inheritdoc/>
    public string Name => writtenTokens > 0 ? "llama-decode" : "llama-prompt";

    /// <inheritdoc/>
    public string Shape => $"{model}, {Tokens} tokens";

    /// <inheritdoc/>
    public double? FloatingPointOperations => writtenTokens > 0 ? null : 2.0 * MatrixElements * promptTokens;

    /// <inheritdoc/>
    public long BytesRead => MatrixElements * sizeof(float);

    /// <inheritdoc/>
    public int Passes => Math.Max(1, writtenTokens);

    /// <inheritdoc/>
    public int Copies => 1;

    /// <inheritdoc/>
    public int? Tokens => writtenTokens > 0 ? writtenTokens : promptTokens;

    /// <summary>The weights.</summary>
    public Checkpoint Checkpoint => checkpoint.Value;

    /// <summary>How many tokens a sequence has room for.</summary>
    public int Positions => (promptTokens + writtenTokens + PositionStep) / PositionStep * PositionStep;

    /// <summary>The prompt: a token that begins a text, then any.</summary>
    public int[] Prompt =>
        [1, .. Enumerable.Range(1, promptTokens - 1).Select(index => 3 + (index * 7919 % (Checkpoint.Shape.Vocabulary - 3)))];

    /// <summary>How many tokens follow.</summary>
    public int WrittenTokens => writtenTokens;

    private long MatrixElements => Checkpoint.Matrices().Sum(matrix => (long)matrix.Length);

    /// <inheritdoc/>
    public PreparedRun Prepare(AttentionDevice device) =>
        new ModelRun(new DeviceLanguageModel(Checkpoint, CacheLayout.Contiguous, device.Description.Selector), this);

    /// <summary>Compares the tokens behind the prompt with those of whoever was first.</summary>
    /// <exception cref="InvalidDataException">They are others.</exception>
    public void Compare(int[] continuation)
    {
        _continuation ??= continuation;
        if (!continuation.AsSpan().SequenceEqual(_continuation))
        {
            int same = continuation.AsSpan().CommonPrefixLength(_continuation);
            throw new InvalidDataException($"The text is another from token {same} on: {continuation[same]} instead of {_continuation[same]}.");
        }
    }
}
