using System.Numerics.Tensors;
using AttentionKernels.Oracle;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>
/// The activations of a Llama model that reads a story: those of all layers and positions, as many as there are, over and over.
/// </summary>
/// <remarks>The model runs on the host, by the oracle's sequential loops, so the elements are the same on every device.</remarks>
internal sealed class ModelInputs : IInputs
{
    private const string Story =
        """
        Once upon a time there was a little girl named Lily. She lived in a small house near the forest with her mom and her dog, Max.
        Every day Lily and Max went out to play. They ran in the grass, they jumped over the stones, and they looked at the birds in the
        big old tree. One day Max found a red ball under a bush. He was very happy and he ran around with the ball in his mouth. "Max, give
        me the ball!" said Lily, and she laughed. But the ball fell out of his mouth and rolled down the hill. It rolled and rolled, until
        it fell into the pond. Max was sad. Lily wanted to help him, so she took a long stick and tried to reach the ball. The stick was
        too short. Then a duck came by. "Can you help us?" Lily asked the duck. The duck said nothing, but it swam to the ball and pushed
        it with its beak, slowly, slowly, back to the grass. Lily and Max jumped up and down. "Thank you, little duck!" they said. Lily
        had some bread in her pocket, and she shared it with the duck. From that day on the three of them were friends, and they played
        together by the pond every day. When it was dark, Lily went home, and she told her mom all about the red ball. Her mom smiled and
        said that it is good to ask for help, and that it is better still to say thank you.
        """;

    private const float Epsilon = 1e-5f;

    private readonly Dictionary<Content, float[]> pools;

    private ModelInputs(string description, Dictionary<Content, float[]> pools)
    {
        Description = description;
        this.pools = pools;
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>Loads a model and lets it read the story.</summary>
    /// <exception cref="InvalidDataException">A file is cut short, or is not what it should be.</exception>
    public static ModelInputs Load(FileInfo model, FileInfo tokenizer)
    {
        Checkpoint checkpoint = Checkpoint.Load(model);
        int[] tokens = Tokenizer.Load(tokenizer, checkpoint.Shape.Vocabulary).Encode(Story.ReplaceLineEndings(" "));
        tokens = tokens[..Math.Min(tokens.Length, checkpoint.Shape.MaximumPositions)];
        return new ModelInputs(
            $"the activations of {model.Name} in {checkpoint.Shape.Layers} layers at {tokens.Length} positions", Read(checkpoint, tokens));
    }

    /// <inheritdoc/>
    public float[] Take(Content content, long count)
    {
        float[] pool = pools[content];
        var elements = new float[count];
        for (int start = 0; start < elements.Length; start += pool.Length)
            pool.AsSpan(0, Math.Min(pool.Length, elements.Length - start)).CopyTo(elements.AsSpan(start));
        return elements;
    }

    private static Dictionary<Content, float[]> Read(Checkpoint checkpoint, int[] tokens)
    {
        ModelShape shape = checkpoint.Shape;
        var pools = Enum.GetValues<Content>().ToDictionary(content => content, _ => new List<float>());
        int[] positions = [.. Enumerable.Range(0, tokens.Length)];
        float[] stream = [.. tokens.SelectMany(token => checkpoint.Embeddings.Slice(token * shape.Dimension, shape.Dimension).ToArray())];
        foreach (LayerWeights layer in checkpoint.Layers)
        {
            float[] normalized = Normalize(stream, layer.AttentionNorm);
            float[] query = Rotate(Multiply(layer.Query, normalized, shape.Dimension), shape.Heads);
            float[] key = Rotate(Multiply(layer.Key, normalized, shape.Dimension), shape.KeyValueHeads);
            float[] value = Multiply(layer.Value, normalized, shape.Dimension);
            pools[Content.Stream].AddRange(stream);
            pools[Content.NormWeight].AddRange(layer.AttentionNorm.Span);
            pools[Content.Query].AddRange(query);
            pools[Content.Key].AddRange(key);
            pools[Content.Value].AddRange(value);

            var attention = new AttentionInputs
            {
                Query = query,
                Key = key,
                Value = value,
                Heads = shape.Heads,
                KeyValueHeads = shape.KeyValueHeads,
                Queries = tokens.Length,
                Keys = tokens.Length,
                HeadDimension = shape.HeadDimension,
            };
            float[] attended = AttentionOracle.Sequential(attention, new CausalMask(), new NoModifier());
            Add(stream, Multiply(layer.Output, attended, shape.Dimension));
            normalized = Normalize(stream, layer.FeedForwardNorm);
            float[] gate = Multiply(layer.Gate, normalized, shape.Dimension);
            float[] up = Multiply(layer.Up, normalized, shape.Dimension);
            float[] hidden = [.. gate.Zip(up, (x, y) => x / (1 + MathF.Exp(-x)) * y)];
            Add(stream, Multiply(layer.Down, hidden, shape.HiddenDimension));
        }

        return pools.ToDictionary(pool => pool.Key, pool => pool.Value.ToArray());

        float[] Rotate(float[] rows, int heads) => RotaryOracle
            .OfBase(RotaryTable.DefaultBase, shape.HeadDimension, isInterleaved: true)
            .Sequential(rows, positions, heads, shape.HeadDimension);
    }

    /// <summary>The product of a matrix [rows, columns] with each vector of [tokens, columns].</summary>
    private static float[] Multiply(ReadOnlyMemory<float> matrix, float[] vectors, int columns)
    {
        int rows = matrix.Length / columns;
        var products = new float[vectors.Length / columns * rows];
        Parallel.For(0, vectors.Length / columns, token =>
        {
            for (int row = 0; row < rows; row++)
                products[token * rows + row] = TensorPrimitives.Dot(matrix.Span.Slice(row * columns, columns), vectors.AsSpan(token * columns, columns));
        });
        return products;
    }

    private static float[] Normalize(float[] stream, ReadOnlyMemory<float> weight) =>
        Array.ConvertAll(NormalizationOracle.Rms(stream, weight.ToArray(), weight.Length, Epsilon), element => (float)element);

    private static void Add(float[] stream, float[] update) => TensorPrimitives.Add(stream, update, stream);
}
