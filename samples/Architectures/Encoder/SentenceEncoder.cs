using System.Numerics.Tensors;
using System.Reflection;
using System.Text;
using AttentionKernels.Samples.Architectures.Maps;
using Microsoft.ML.Tokenizers;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>Sentence embeddings by all-MiniLM-L6-v2, a BERT encoder: every token attends to all tokens of its sentence.</summary>
/// <remarks>
/// <para>Devlin et al., "BERT: pre-training of deep bidirectional Transformers", 2018; Reimers and Gurevych, "Sentence-BERT", 2019; Wang et
/// al., "MiniLM", 2020. A layer adds what attention gives and normalises behind it (post-norm), then likewise what a feed-forward block of
/// GELU gives. Positions are learned vectors. The embedding of a sentence is the mean of its tokens, brought to length 1.</para>
/// <para>Sentences lie one behind the other, without padding; <see cref="DocumentMask"/> keeps them apart, and other sentences' keys are
/// never read. An encoder is one thread's at a time.</para>
/// </remarks>
internal sealed class SentenceEncoder : IDisposable
{
    /// <summary>Heads of attention.</summary>
    public const int Heads = 12;

    private const float NormEpsilon = 1e-12f;

    private readonly AttentionDevice device;
    private readonly EncoderWeights weights;
    private readonly Activations activations;
    private readonly BertTokenizer tokenizer;
    private readonly string[] pieces;

    /// <summary>Copies the model to a device.</summary>
    /// <param name="device">The device; the caller disposes it, later.</param>
    /// <param name="assembly">The assembly whose resources are model and vocabulary.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="InvalidDataException">The assembly has another content.</exception>
    public SentenceEncoder(AttentionDevice device, string assembly)
    {
        this.device = device;

        // The file has the line ends of Windows, which the tokenizer takes for a part of a word.
        string vocabulary = Encoding.UTF8.GetString(AssemblyResources.Read(assembly, "vocab.txt")).ReplaceLineEndings("\n");
        pieces = vocabulary.Split('\n');
        tokenizer = BertTokenizer.Create(
            new MemoryStream(Encoding.UTF8.GetBytes(vocabulary)), new BertOptions { RemoveNonSpacingMarks = true });
        weights = new EncoderWeights(device, new OnnxWeights(AssemblyResources.Read(assembly, "model.onnx")));
        activations = new Activations(device, Hidden, (int)weights.Layers[0].Up.Matrix.Shape[0], Heads);
    }

    /// <summary>The assembly whose resources are model and vocabulary, as this sample's build has found it.</summary>
    public static string ModelAssembly { get; } = typeof(SentenceEncoder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(item => item.Key == "MiniLM").Value!;

    /// <summary>How many layers there are.</summary>
    public int Layers => weights.Layers.Count;

    /// <summary>Elements of an embedding.</summary>
    public int Hidden => (int)weights.Words.Shape[1];

    /// <summary>The most tokens of a sentence; what is longer is cut.</summary>
    public int MaximumTokens => (int)weights.Positions.Shape[0];

    /// <summary>The tokens of a sentence, with those that begin and end it.</summary>
    public int[] Tokenize(string sentence)
    {
        int[] tokens = [.. tokenizer.EncodeToIds(sentence)];
        if (tokens.Length > MaximumTokens)
            tokens = [.. tokens.AsSpan(0, MaximumTokens - 1), tokens[^1]];
        return tokens;
    }

    /// <summary>A token as a piece of a word, such as <c>##ing</c>.</summary>
    public string Piece(int token) => pieces[token];

    /// <summary>The embeddings of sentences, [sentences, hidden], of length 1 each.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public float[] Embed(IReadOnlyList<int[]> sentences)
    {
        using var batch = new SentenceBatch(device, sentences);
        Forward(batch, _ => { });
        using Tensor<float> means = device.Allocate<float>([sentences.Count, Hidden]);
        MeanPooling.Run(device, activations.Stream, batch.Offsets, means);
        float[] embeddings = means.ToArray();
        for (int first = 0; first < embeddings.Length; first += Hidden)
        {
            Span<float> embedding = embeddings.AsSpan(first, Hidden);
            TensorPrimitives.Divide(embedding, TensorPrimitives.Norm<float>(embedding), embedding);
        }

        return embeddings;
    }

    /// <summary>How much each token of a sentence attends to each other, in each head of a layer: [heads, tokens, tokens].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public float[] AttentionMap(int[] sentence, int layer)
    {
        if (layer < 0 || layer >= Layers)
            throw new ArgumentOutOfRangeException(nameof(layer), layer, $"The model has the layers 0 to {Layers - 1}.");
        using var batch = new SentenceBatch(device, [sentence]);
        float[] query = [], key = [];
        Forward(batch, at =>
        {
            if (at == layer)
                (query, key) = (activations.Query.ToArray(), activations.Key.ToArray());
        });
        return Maps.AttentionMap.Of(query, key, new ScoreTerms(Heads, Heads, Hidden / Heads));
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        activations.Dispose();
        weights.Dispose();
    }

    // Tokens through all layers; who wants to see queries and keys of a layer is called when they are there.
    private void Forward(SentenceBatch batch, Action<int> attended)
    {
        activations.Resize(batch.Count);
        device.EmbeddingLookup(weights.Words, batch.Tokens, activations.Stream);
        device.EmbeddingLookup(weights.Positions, batch.Positions, activations.Update);
        device.Add(activations.Stream, activations.Update, activations.Stream);
        device.Add(activations.Stream, weights.TokenType, activations.Stream);
        device.LayerNorm(activations.Stream, weights.Norm.Weight, weights.Norm.Bias, activations.Stream, NormEpsilon);
        using AttentionPlan<float> plan = device.PlanAttention(
            activations.Query.Shape, activations.Key.Shape, new DocumentMask(batch.Offsets));
        for (int index = 0; index < weights.Layers.Count; index++)
        {
            EncoderLayer layer = weights.Layers[index];
            device.Linear(activations.Stream, layer.Inputs.Matrix, layer.Inputs.Bias, activations.Inputs);
            plan.Run(activations.Query, activations.Key, activations.Value, activations.Attended);
            attended(index);
            AddAndNormalize(layer.Attended, activations.Attended.Reshape(activations.Stream.Shape), layer.AttentionNorm);

            device.Linear(activations.Stream, layer.Up.Matrix, activations.FeedForward);
            device.Activate(activations.FeedForward, Activation.Gelu, activations.FeedForward, layer.Up.Bias);
            AddAndNormalize(layer.Down, activations.FeedForward, layer.FeedForwardNorm);
        }
    }

    // What a block gives is added to what flows through the layers. The norm of the sum goes on; the sum itself, unlike in later models, is
    // not needed any more.
    private void AddAndNormalize(LinearWeights layer, TensorView<float> input, NormWeights norm)
    {
        device.Linear(input, layer.Matrix, layer.Bias, activations.Update);
        device.AddLayerNorm(
            activations.Update, activations.Stream, norm.Weight, norm.Bias, activations.Update, NumberFormat.Float32,
            new NormOptions { Epsilon = NormEpsilon });
        activations.Exchange();
    }
}
