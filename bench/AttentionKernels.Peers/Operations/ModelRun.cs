using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Peers.Operations;

/// <summary>A language model that continues a prompt, whoever computes it.</summary>
internal sealed class ModelRun : PreparedRun
{
    private readonly ILanguageModel _model;
    private readonly ModelOperation _operation;
    private readonly int[] _prompt;
    private readonly int[] _continuation;

    /// <summary>Takes over a model.</summary>
    public ModelRun(ILanguageModel model, ModelOperation operation)
    {
        _model = model;
        _operation = operation;
        _prompt = operation.Prompt;
        _continuation = new int[Math.Max(1, operation.WrittenTokens)];
        if (model is IDisposable resource)
            Own(resource);
    }

    /// <inheritdoc/>
    public override void Run(int copy)
    {
        _model.Prefill(_prompt);
        _continuation[0] = _model.LikeliestToken();
        for (int index = 1; index < _continuation.Length; index++)
        {
            _model.Decode(_continuation[index - 1]);
            _continuation[index] = _model.LikeliestToken();
        }
    }

    /// <summary>The logits behind the last token.</summary>
    /// <exception cref="InvalidDataException">The tokens are not those of who ran the operation before.</exception>
    public override float[] Result()
    {
        _operation.Compare([.. _continuation]);
        return _model.Logits().ToArray();
    }
}
