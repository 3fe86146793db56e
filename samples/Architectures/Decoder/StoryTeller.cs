using System.Numerics.Tensors;
using AttentionKernels.Samples.Architectures.Maps;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.Decoder;

/// <summary>Continues a text with the Llama sample's model: each token attends to itself and those before it.</summary>
/// <remarks>Radford et al., "Improving language understanding by generative pre-training", 2018; the model is that of Touvron et al.,
/// "LLaMA: open and efficient foundation language models", 2023.</remarks>
internal sealed class StoryTeller : IDisposable
{
    private readonly AttentionDevice device;
    private readonly Resources resources = new();
    private readonly Llama.Decoder decoder;
    private readonly ContiguousSequenceCache cache;
    private readonly Activations step;
    private readonly Tensor<float> logits;

    /// <summary>Copies a model to a device.</summary>
    /// <param name="device">The device; the caller disposes it, later.</param>
    /// <param name="checkpoint">The model.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public StoryTeller(AttentionDevice device, Checkpoint checkpoint)
    {
        this.device = device;
        try
        {
            decoder = resources.Add(new Llama.Decoder(device, checkpoint, NumberFormat.Float32));
            cache = resources.Add(new ContiguousSequenceCache(device, Shape, decoder.Rotary));
            step = resources.Add(new Activations(device, Shape, maximumTokens: 1));
            logits = resources.Add(device.Allocate<float>([1, Shape.Vocabulary]));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>The model's sizes.</summary>
    public ModelShape Shape => decoder.Shape;

    /// <summary>Begins a sequence with a prompt, all of whose tokens go through the layers together.</summary>
    /// <returns>The probability of each token to come next.</returns>
    public float[] Prefill(int[] prompt)
    {
        using Activations activations = Begin(prompt, cache);
        return Next(activations);
    }

    /// <summary>Adds a token to the sequence: it alone goes through the layers, and attends to the cached keys.</summary>
    /// <returns>The probability of each token to come next.</returns>
    public float[] Decode(int token)
    {
        cache.Extend(1);
        step.Tokens.CopyFrom([token]);
        decoder.Forward(step, cache);
        return Next(step);
    }

    /// <summary>What attention of a layer takes and gives when a whole sequence goes through the layers; it replaces the one that was
    /// begun.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public AttendedLayer Observe(int[] tokens, int layer)
    {
        var observed = new ObservedCache(cache, layer);
        Begin(tokens, observed).Dispose();
        return observed.Seen
            ?? throw new ArgumentOutOfRangeException(nameof(layer), layer, $"The model has the layers 0 to {Shape.Layers - 1}.");
    }

    /// <summary>How much each token attends to each other, in each head: [heads, tokens, tokens].</summary>
    public float[] Map(AttendedLayer layer) => AttentionMap.Of(
        layer.Query, layer.Key, new ScoreTerms(Shape.Heads, Shape.KeyValueHeads, Shape.HeadDimension) { Bias = ScoreTerms.Causal });

    /// <summary>Frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private Activations Begin(int[] tokens, ILayerCache layers)
    {
        var activations = new Activations(device, Shape, tokens.Length);
        cache.Clear();
        cache.Extend(tokens.Length);
        activations.Tokens.CopyFrom(tokens);
        decoder.Forward(activations, layers);
        return activations;
    }

    private float[] Next(Activations activations)
    {
        decoder.Classify(activations.Normalized.Slice(0, activations.Count - 1, 1), logits);
        float[] probabilities = logits.ToArray();
        TensorPrimitives.SoftMax(probabilities, probabilities);
        return probabilities;
    }
}
