using System.Numerics.Tensors;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>What each token of a text costs a model: −ln p(next token | tokens up to this one), at any length, with any rotation.</summary>
internal sealed class TokenLosses : IDisposable
{
    // Logits of all tokens at once would take gigabytes for a large vocabulary.
    private const int LogitRows = 256;

    private readonly AttentionDevice device;
    private readonly ModelShape shape;
    private readonly Resources resources = new();
    private readonly Decoder decoder;
    private readonly Activations activations;
    private readonly Tensor<float> logits;

    /// <summary>Copies a model to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="positions">The longest sequence, however many positions the model was trained on.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public TokenLosses(AttentionDevice device, Checkpoint checkpoint, int positions)
    {
        this.device = device;
        shape = checkpoint.Shape with { MaximumPositions = positions };
        try
        {
            decoder = resources.Add(new Decoder(device, checkpoint, NumberFormat.Float32));
            activations = resources.Add(new Activations(device, shape, positions));
            logits = resources.Add(device.Allocate<float>([LogitRows, shape.Vocabulary]));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>The longest sequence.</summary>
    public int Positions => shape.MaximumPositions;

    /// <summary>The loss of each token but the last, whose next one is not known; all tokens go through the layers together.</summary>
    /// <param name="tokens">The text: two tokens or more, as many as there are positions and one at most.</param>
    /// <param name="frequencies">The rotation of queries and keys.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public double[] Compute(ReadOnlySpan<int> tokens, RotaryFrequencies frequencies)
    {
        // The decoder has a table of its own, which only its cache would use: another cache rotates otherwise.
        using RotaryTable rotary = new(device, shape.MaximumPositions, frequencies);
        using ContiguousSequenceCache cache = new(device, shape, rotary);
        int count = tokens.Length - 1;
        activations.Count = count;
        activations.Tokens.CopyFrom(tokens[..count]);
        cache.Extend(count);
        decoder.Forward(activations, cache);

        double[] losses = new double[count];
        float[] rows = new float[LogitRows * shape.Vocabulary];
        for (int first = 0; first < count; first += LogitRows)
        {
            int length = Math.Min(LogitRows, count - first);
            TensorView<float> chunk = logits.Slice(0, 0, length);
            decoder.Classify(activations.Normalized.Slice(0, first, length), chunk);
            chunk.CopyTo(rows.AsSpan(0, length * shape.Vocabulary));
            for (int row = 0; row < length; row++)
                losses[first + row] = Loss(rows.AsSpan(row * shape.Vocabulary, shape.Vocabulary), tokens[first + row + 1]);
        }

        return losses;
    }

    /// <summary>Frees the memory; the device stays.</summary>
    public void Dispose() => resources.Dispose();

    // ln Σ exp(logit) − the next token's logit, relative to the largest one, so that no power overflows. Changes the logits.
    private static double Loss(Span<float> logits, int next)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        float own = logits[next];
        TensorPrimitives.Exp<float>(logits, logits);
        return Math.Log(TensorPrimitives.Sum<float>(logits)) - own;
    }
}
