using System.Globalization;

namespace AttentionKernels.Samples.ComparePositions.Decay;

/// <summary>What distance does to a score, by each way of telling attention of positions.</summary>
/// <param name="Similarities">Products that depend on the distance: rotary embedding and sinusoidal positions.</param>
/// <param name="Biases">ALiBi, which is added.</param>
/// <param name="Buckets">Which bucket T5 takes its bias from.</param>
internal sealed record DecayComparison(
    IReadOnlyList<DecayCurve> Similarities, IReadOnlyList<DecayCurve> Biases, IReadOnlyList<DecayCurve> Buckets)
{
    /// <summary>The distances are 0 and up to one below this.</summary>
    public const int Distances = 2049;

    // A head of Llama's, the positions that the models of the other comparison were trained on, and the embedding of the first Transformer.
    private const int HeadDimension = 128, TrainedPositions = 512, EmbeddingDimension = 512, Heads = 8;

    /// <summary>Computes all curves on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="factor">How many times the trained positions scalings are for.</param>
    public static DecayComparison Compute(AttentionDevice device, double factor)
    {
        RotaryFrequencies own = new(HeadDimension);
        string times = factor.ToString("×0.##", CultureInfo.InvariantCulture);
        DecayCurve[] biases = DecayCurve.Alibi(device, Heads, Distances);
        return new DecayComparison(
            [
                DecayCurve.Rotary(device, "rotary", own, Distances),
                DecayCurve.Rotary(device, $"rotary, linear {times}", own.Linear(factor), Distances),
                DecayCurve.Rotary(device, $"rotary, YaRN {times}", own.Yarn(factor, TrainedPositions), Distances),
                DecayCurve.Sinusoidal(device, "sinusoidal", EmbeddingDimension, Distances),
            ],
            [biases[0], biases[Heads / 2 - 1], biases[^1]],
            [
                DecayCurve.Buckets(device, "T5 bucket, causal", isBidirectional: false, Distances),
                DecayCurve.Buckets(device, "T5 bucket, bidirectional", isBidirectional: true, Distances),
            ]);
    }
}
