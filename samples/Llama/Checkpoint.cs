using System.Runtime.InteropServices;

namespace AttentionKernels.Samples.Llama;

/// <summary>The weights of one layer. A matrix lies row after row, one row per element of its product.</summary>
/// <param name="AttentionNorm">The scale of the norm in front of attention: [dimension].</param>
/// <param name="Query">The query projection: [dimension, dimension].</param>
/// <param name="Key">The key projection: [key-value dimension, dimension].</param>
/// <param name="Value">The value projection: [key-value dimension, dimension].</param>
/// <param name="Output">The projection of what attention gives: [dimension, dimension].</param>
/// <param name="FeedForwardNorm">The scale of the norm in front of the feed-forward block: [dimension].</param>
/// <param name="Gate">The projection that goes through SiLU, "w1" in the papers: [hidden dimension, dimension].</param>
/// <param name="Down">The projection back, "w2": [dimension, hidden dimension].</param>
/// <param name="Up">The projection that the gate multiplies, "w3": [hidden dimension, dimension].</param>
internal sealed record LayerWeights(
    ReadOnlyMemory<float> AttentionNorm,
    ReadOnlyMemory<float> Query,
    ReadOnlyMemory<float> Key,
    ReadOnlyMemory<float> Value,
    ReadOnlyMemory<float> Output,
    ReadOnlyMemory<float> FeedForwardNorm,
    ReadOnlyMemory<float> Gate,
    ReadOnlyMemory<float> Down,
    ReadOnlyMemory<float> Up);

/// <summary>A Llama model in host memory, read from a checkpoint of llama2.c.</summary>
/// <param name="Shape">The model's sizes.</param>
/// <param name="Embeddings">One vector per token: [vocabulary, dimension].</param>
/// <param name="Layers">The layers, the first one first.</param>
/// <param name="FinalNorm">The scale of the norm behind the last layer: [dimension].</param>
/// <param name="Classifier">What turns a vector into logits: [vocabulary, dimension]; often the embeddings themselves.</param>
internal sealed record Checkpoint(
    ModelShape Shape,
    ReadOnlyMemory<float> Embeddings,
    IReadOnlyList<LayerWeights> Layers,
    ReadOnlyMemory<float> FinalNorm,
    ReadOnlyMemory<float> Classifier)
{
    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InvalidDataException">The file is cut short, is no checkpoint, or has a weight that is no finite number.</exception>
    public static Checkpoint Load(FileInfo file)
    {
        using FileStream stream = file.OpenRead();
        if (!stream.CanSeek)
            throw new InvalidDataException($"{file} is a pipe or a device, expected a file.");
        ModelShape shape = ReadShape(stream, file.ToString());
        int dimension = shape.Dimension;

        ReadOnlyMemory<float> embeddings = Read("The table of embeddings", shape.Vocabulary, dimension);
        // The file holds each kind of tensor for all layers before the next kind begins.
        ReadOnlyMemory<float>[] attentionNorm = ReadLayers("attention norm", 1, dimension);
        ReadOnlyMemory<float>[] query = ReadLayers("query projection", dimension, dimension);
        ReadOnlyMemory<float>[] key = ReadLayers("key projection", shape.KeyValueDimension, dimension);
        ReadOnlyMemory<float>[] value = ReadLayers("value projection", shape.KeyValueDimension, dimension);
        ReadOnlyMemory<float>[] output = ReadLayers("output projection", dimension, dimension);
        ReadOnlyMemory<float>[] feedForwardNorm = ReadLayers("feed-forward norm", 1, dimension);
        ReadOnlyMemory<float>[] gate = ReadLayers("gate projection", shape.HiddenDimension, dimension);
        ReadOnlyMemory<float>[] down = ReadLayers("down projection", dimension, shape.HiddenDimension);
        ReadOnlyMemory<float>[] up = ReadLayers("up projection", shape.HiddenDimension, dimension);
        ReadOnlyMemory<float> finalNorm = Read("The final norm", 1, dimension);
        stream.Seek(shape.RotaryTableElements * sizeof(float), SeekOrigin.Current);
        ReadOnlyMemory<float> classifier = shape.SharedClassifier ? embeddings : Read("The classifier", shape.Vocabulary, dimension);

        LayerWeights[] layers = [.. Enumerable.Range(0, shape.Layers).Select(layer => new LayerWeights(
            attentionNorm[layer], query[layer], key[layer], value[layer], output[layer],
            feedForwardNorm[layer], gate[layer], down[layer], up[layer]))];
        return new Checkpoint(shape, embeddings, layers, finalNorm, classifier);

        ReadOnlyMemory<float>[] ReadLayers(string name, int rows, int columns)
        {
            var tensors = new ReadOnlyMemory<float>[shape.Layers];
            for (int layer = 0; layer < tensors.Length; layer++)
                tensors[layer] = Read($"Layer {layer}'s {name}", rows, columns);
            return tensors;
        }

        ReadOnlyMemory<float> Read(string name, int rows, int columns)
        {
            float[] tensor = GC.AllocateUninitializedArray<float>(rows * columns);
            // The file is little endian, and so is every machine that a kernel of this library runs on. A span of bytes
            // ends at 2 GiB, hence the rows.
            for (int row = 0; row < rows; row++)
            {
                Span<float> read = tensor.AsSpan(row * columns, columns);
                stream.ReadExactly(MemoryMarshal.AsBytes(read));
                CheckFinite(read, name, row);
            }

            return tensor;
        }
    }

    /// <summary>Weights of a shape that mean nothing: uniform, and small enough for the norms to keep numbers in range.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="seed">What the numbers start from.</param>
    public static Checkpoint Random(ModelShape shape, int seed)
    {
        Random random = new(seed);
        ReadOnlyMemory<float> embeddings = Draw(shape.Vocabulary, shape.Dimension);
        LayerWeights[] layers = [.. Enumerable.Range(0, shape.Layers).Select(_ => new LayerWeights(
            Ones(), Draw(shape.Dimension, shape.Dimension), Draw(shape.KeyValueDimension, shape.Dimension),
            Draw(shape.KeyValueDimension, shape.Dimension), Draw(shape.Dimension, shape.Dimension),
            Ones(), Draw(shape.HiddenDimension, shape.Dimension), Draw(shape.Dimension, shape.HiddenDimension),
            Draw(shape.HiddenDimension, shape.Dimension)))];
        return new Checkpoint(shape, embeddings, layers, Ones(), shape.SharedClassifier ? embeddings : Draw(shape.Vocabulary, shape.Dimension));

        ReadOnlyMemory<float> Ones() => Enumerable.Repeat(1f, shape.Dimension).ToArray();

        ReadOnlyMemory<float> Draw(int rows, int columns)
        {
            float[] tensor = GC.AllocateUninitializedArray<float>(rows * columns);
            foreach (ref float element in tensor.AsSpan())
                element = (random.NextSingle() - 0.5f) / 10f;
            return tensor;
        }
    }

    /// <summary>All matrices that a decoded token is multiplied with.</summary>
    public IEnumerable<ReadOnlyMemory<float>> Matrices() =>
        Layers.SelectMany(layer => new[] { layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Down, layer.Up }).Append(Classifier);

    /// <summary>One NaN would make every logit NaN, and the text one token over and over.</summary>
    private static void CheckFinite(ReadOnlySpan<float> weights, string name, int row)
    {
        for (int column = 0; column < weights.Length; column++)
        {
            if (!float.IsFinite(weights[column]))
                throw new InvalidDataException($"{name} has the weight {weights[column]} in row {row}, column {column}; weights must be finite numbers.");
        }
    }

    /// <summary>Reads the header, and checks it against the length of the file before anything of that size is allocated.</summary>
    private static ModelShape ReadShape(FileStream stream, string source)
    {
        Span<byte> header = stackalloc byte[ModelShape.HeaderLength];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) is int found && found < header.Length)
            throw new InvalidDataException($"{source} ends after {found} bytes, expected a header of {header.Length} bytes.");
        ModelShape shape = ModelShape.Parse(header, source);

        if (stream.Length != shape.FileLength)
        {
            throw new InvalidDataException(
                $"{source} is {stream.Length} bytes long, expected {shape.FileLength} bytes from its header (" +
                $"dimension {shape.Dimension}, hidden dimension {shape.HiddenDimension}, {shape.Layers} layers, {shape.Heads} heads, " +
                $"{shape.KeyValueHeads} key-value heads, vocabulary {shape.Vocabulary}, {shape.MaximumPositions} positions, " +
                $"{(shape.SharedClassifier ? "classifier shared with the embeddings" : "classifier of its own")}).");
        }
        long largest = (long)shape.Dimension * Math.Max(Math.Max(shape.Vocabulary, shape.HiddenDimension), shape.Dimension);
        if (largest > Array.MaxLength)
            throw new InvalidDataException($"{source} has a tensor of {largest} elements, expected {Array.MaxLength} at most.");
        return shape;
    }
}
