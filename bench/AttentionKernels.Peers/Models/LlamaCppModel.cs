using AttentionKernels.Samples.Llama;
using LLama;
using LLama.Common;
using LLama.Native;

namespace AttentionKernels.Peers.Models;

/// <summary>A model with one sequence, computed by llama.cpp: weights, keys and values in fp32, as the library has them.</summary>
internal sealed class LlamaCppModel : ILanguageModel, IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;
    private readonly LLamaBatch _batch = new();
    private int _length;

    /// <summary>Loads a GGUF file.</summary>
    public LlamaCppModel(FileInfo file, int positions, int threads)
    {
        var parameters = new ModelParams(file.FullName)
        {
            ContextSize = (uint)positions,
            BatchSize = (uint)positions,
            Threads = threads,
            BatchThreads = threads,
            GpuLayerCount = 0,
            TypeK = GGMLType.GGML_TYPE_F32,
            TypeV = GGMLType.GGML_TYPE_F32,

            // Its flash attention rounds to fp16 on the way, and is no faster in fp32.
            FlashAttention = false,
        };
        MaximumPositions = positions;
        _weights = LLamaWeights.LoadFromFile(parameters);
        _context = _weights.CreateContext(parameters);
    }

    /// <inheritdoc/>
    public int MaximumPositions { get; }

    /// <inheritdoc/>
    public void Prefill(ReadOnlySpan<int> tokens)
    {
        _context.NativeHandle.MemoryClear();
        _length = 0;
        Forward(tokens);
    }

    /// <inheritdoc/>
    public void Decode(int token) => Forward([token]);

    /// <inheritdoc/>
    public int LikeliestToken()
    {
        ReadOnlySpan<float> logits = Logits();
        int likeliest = 0;
        for (int token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[likeliest])
                likeliest = token;
        }

        return likeliest;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits() => _context.NativeHandle.GetLogitsIth(_batch.TokenCount - 1);

    /// <summary>Frees the model.</summary>
    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }

    private void Forward(ReadOnlySpan<int> tokens)
    {
        _batch.Clear();
        for (int index = 0; index < tokens.Length; index++)
            _batch.Add((LLamaToken)tokens[index], _length + index, LLamaSeqId.Zero, logits: index == tokens.Length - 1);
        _length += tokens.Length;
        DecodeResult result = _context.NativeHandle.Decode(_batch);
        if (result != DecodeResult.Ok)
            throw new InvalidOperationException($"llama.cpp says {result}.");
        _context.NativeHandle.Synchronize();
    }
}
