using System.Numerics.Tensors;
using AttentionKernels.Samples.Architectures.Encoder;
using Microsoft.ML.OnnxRuntime;

namespace AttentionKernels.Peers.Peers;

/// <summary>all-MiniLM-L6-v2 in ONNX Runtime, as its file is: sentences are padded to the longest. Mean and length 1 are computed
/// here.</summary>
internal sealed class OnnxEncoderRun : PreparedRun
{
    private const string TokenStates = "last_hidden_state";

    private readonly InferenceSession _session;
    private readonly RunOptions _options;
    private readonly int[][] _sentences;
    private float[]? _embeddings;

    /// <summary>Makes a session.</summary>
    public OnnxEncoderRun(SessionOptions options, int[][] sentences)
    {
        _session = Own(new InferenceSession(AssemblyResources.Read(SentenceEncoder.ModelAssembly, "model.onnx"), options));
        _options = Own(new RunOptions());
        _sentences = sentences;
    }

    /// <inheritdoc/>
    public override void Run(int copy) => _embeddings = Embed(_sentences);

    /// <inheritdoc/>
    public override float[]? Result() => _embeddings;

    /// <summary>The embeddings of sentences.</summary>
    public float[] Embed(int[][] sentences)
    {
        int length = sentences.Max(tokens => tokens.Length);
        long[] tokens = new long[sentences.Length * length], mask = new long[tokens.Length], types = new long[tokens.Length];
        for (int sentence = 0; sentence < sentences.Length; sentence++)
        {
            for (int token = 0; token < sentences[sentence].Length; token++)
            {
                tokens[(sentence * length) + token] = sentences[sentence][token];
                mask[(sentence * length) + token] = 1;
            }
        }

        using OrtValue ids = Matrix(tokens), attended = Matrix(mask), type = Matrix(types);
        var inputs = new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = attended, ["token_type_ids"] = type };
        using IDisposableReadOnlyCollection<OrtValue> states = _session.Run(_options, inputs, [TokenStates]);
        return Pool(sentences, states[0].GetTensorDataAsSpan<float>(), length);
        OrtValue Matrix(long[] elements) => OrtValue.CreateTensorValueFromMemory(elements, [sentences.Length, length]);
    }

    private static float[] Pool(int[][] sentences, ReadOnlySpan<float> states, int length)
    {
        int hidden = states.Length / sentences.Length / length;
        float[] embeddings = new float[sentences.Length * hidden];
        for (int sentence = 0; sentence < sentences.Length; sentence++)
        {
            Span<float> embedding = embeddings.AsSpan(sentence * hidden, hidden);
            for (int token = 0; token < sentences[sentence].Length; token++)
                TensorPrimitives.Add(embedding, states.Slice(((sentence * length) + token) * hidden, hidden), embedding);
            TensorPrimitives.Divide(embedding, TensorPrimitives.Norm<float>(embedding), embedding);
        }

        return embeddings;
    }
}
