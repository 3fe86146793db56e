namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>Sentences of different lengths as one tensor: shorter ones are filled up with zeros.</summary>
internal sealed class PaddedBatch
{
    private readonly IReadOnlyList<float[]> sentences;
    private readonly int features, length;

    /// <summary>A batch of sentences [tokens, features].</summary>
    public PaddedBatch(IReadOnlyList<float[]> sentences, int features)
    {
        this.sentences = sentences;
        this.features = features;
        length = sentences.Max(sentence => sentence.Length) / features;
    }

    /// <summary>[batch, features, tokens], as batch and group norm take it.</summary>
    public TensorShape FeaturesFirstShape => [sentences.Count, features, length];

    /// <summary>The elements as [batch, tokens, features], as the norms of rows take them.</summary>
    public float[] TokensFirst()
    {
        var padded = new float[sentences.Count * length * features];
        for (int sentence = 0; sentence < sentences.Count; sentence++)
            sentences[sentence].CopyTo(padded, sentence * length * features);
        return padded;
    }

    /// <summary>The elements as [batch, features, tokens].</summary>
    public float[] FeaturesFirst() => Transposed(TokensFirst(), length, features);

    /// <summary>An output [batch, features, tokens] as [batch, tokens, features].</summary>
    public float[] TokensFirst(float[] output) => Transposed(output, features, length);

    /// <summary>The tokens of the first sentence [tokens, features] in an output [batch, tokens, features].</summary>
    public float[] FirstOf(float[] output) => output[..sentences[0].Length];

    // Of each sentence rows become columns.
    private static float[] Transposed(float[] values, int rows, int columns)
    {
        var transposed = new float[values.Length];
        for (int index = 0; index < values.Length; index++)
        {
            int sentence = index / (rows * columns), row = index / columns % rows, column = index % columns;
            transposed[(((sentence * columns) + column) * rows) + row] = values[index];
        }

        return transposed;
    }
}
