using System.Buffers.Binary;

namespace AttentionKernels.Samples.Llama;

/// <summary>The sizes of a Llama model, as the header of its checkpoint gives them.</summary>
/// <param name="Dimension">The length of the vector that flows through the layers.</param>
/// <param name="HiddenDimension">The length of the vector inside a feed-forward block.</param>
/// <param name="Layers">The number of layers.</param>
/// <param name="Heads">The number of query heads.</param>
/// <param name="KeyValueHeads">The number of key and value heads, each shared by as many query heads as any other.</param>
/// <param name="Vocabulary">The number of tokens.</param>
/// <param name="MaximumPositions">The longest sequence that the model was trained for.</param>
/// <param name="SharedClassifier">Whether the embeddings are the classifier's weights too.</param>
internal sealed record ModelShape(
    int Dimension, int HiddenDimension, int Layers, int Heads, int KeyValueHeads,
    int Vocabulary, int MaximumPositions, bool SharedClassifier)
{
    /// <summary>The length of the header in bytes: seven 32-bit integers.</summary>
    public const int HeaderLength = 7 * sizeof(int);

    /// <summary>The sizes of the tinyllamas, by the number of their weights.</summary>
    public static IReadOnlyDictionary<string, ModelShape> Known { get; } = new Dictionary<string, ModelShape>
    {
        ["15M"] = new(288, 768, 6, 6, 6, 32_000, 256, SharedClassifier: true),
        ["42M"] = new(512, 1376, 8, 8, 8, 32_000, 1024, SharedClassifier: true),
        ["110M"] = new(768, 2048, 12, 12, 12, 32_000, 1024, SharedClassifier: true),
    };

    /// <summary>The length of one head's vector.</summary>
    public int HeadDimension => Dimension / Heads;

    /// <summary>The length of the keys, or of the values, of one position in one layer.</summary>
    public int KeyValueDimension => KeyValueHeads * HeadDimension;

    /// <summary>The elements of both tables of rotary angles that old checkpoints carry and nobody reads.</summary>
    public long RotaryTableElements => (long)MaximumPositions * HeadDimension;

    /// <summary>The length of a whole checkpoint of this shape in bytes. Seven absurd integers overflow 64 bits, hence the type.</summary>
    public Int128 FileLength
    {
        get
        {
            Int128 dimension = Dimension;
            Int128 attention = 2 * dimension * Dimension + 2 * dimension * KeyValueDimension;
            Int128 feedForward = 3 * dimension * HiddenDimension;
            Int128 norms = 2 * dimension;
            Int128 classifiers = (SharedClassifier ? 1 : 2) * dimension * Vocabulary;
            Int128 elements = classifiers + Layers * (attention + feedForward + norms) + dimension + RotaryTableElements;
            return HeaderLength + elements * sizeof(float);
        }
    }

    /// <summary>Reads a header and checks that a model can have these sizes.</summary>
    /// <param name="header">The first <see cref="HeaderLength"/> bytes of the checkpoint.</param>
    /// <param name="source">The checkpoint's name, for messages.</param>
    /// <exception cref="InvalidDataException">No model has these sizes.</exception>
    public static ModelShape Parse(ReadOnlySpan<byte> header, string source)
    {
        int vocabulary = Field(header, 5);
        // The format has no room for a flag: a negative vocabulary says that the classifier has weights of its own.
        // (The smallest integer stays negative here, and fails as any other size below 1.)
        ModelShape shape = new(
            Field(header, 0), Field(header, 1), Field(header, 2), Field(header, 3), Field(header, 4),
            vocabulary < 0 ? unchecked(-vocabulary) : vocabulary, Field(header, 6), SharedClassifier: vocabulary > 0);

        Positive(shape.Dimension, "dimension");
        Positive(shape.HiddenDimension, "hidden dimension");
        Positive(shape.Layers, "number of layers");
        Positive(shape.Heads, "number of heads");
        Positive(shape.KeyValueHeads, "number of key-value heads");
        Positive(shape.Vocabulary, "vocabulary");
        Positive(shape.MaximumPositions, "number of positions");
        if (shape.Dimension % shape.Heads != 0)
            throw Invalid($"the dimension is {shape.Dimension}, expected a multiple of the {shape.Heads} heads");
        if (shape.Heads % shape.KeyValueHeads != 0)
            throw Invalid($"there are {shape.Heads} heads, expected a multiple of the {shape.KeyValueHeads} key-value heads");
        if (shape.HeadDimension % 2 != 0)
            throw Invalid($"the head dimension is {shape.HeadDimension}, expected an even one, since rotary positions turn pairs");
        return shape;

        void Positive(int value, string name)
        {
            if (value < 1)
                throw Invalid($"the {name} is {value}, expected at least 1");
        }

        InvalidDataException Invalid(string problem) => new($"{source} is not a llama2.c checkpoint: {problem}.");
    }

    private static int Field(ReadOnlySpan<byte> header, int index) =>
        BinaryPrimitives.ReadInt32LittleEndian(header[(index * sizeof(int))..]);
}
