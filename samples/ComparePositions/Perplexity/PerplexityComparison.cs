using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>The perplexity of a model against position, by its own rotation and by each scaling.</summary>
/// <param name="TrainedPositions">How many positions the model was trained on.</param>
/// <param name="Ranges">The ranges of positions.</param>
/// <param name="Curves">A curve for each scaling, that of none first.</param>
/// <param name="LongRopeFactors">What LongRoPE divides each frequency by.</param>
internal sealed record PerplexityComparison(
    int TrainedPositions, PositionRange[] Ranges, IReadOnlyList<PerplexityCurve> Curves, double[] LongRopeFactors)
{
    /// <summary>How many texts are measured; one more is for the search of LongRoPE's factors.</summary>
    public const int Texts = 4;

    // With two pairs or more, scalings treat fast and slow ones differently.
    private const int LeastHeadDimension = 4;

    /// <summary>Measures on a device.</summary>
    /// <exception cref="InvalidDataException">Files are damaged or do not fit each other, or the text is too short.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="NotSupportedException">The model's heads are too long.</exception>
    public static PerplexityComparison Measure(AttentionDevice device, FileInfo model, FileInfo tokenizer, double factor)
    {
        Checkpoint checkpoint = Checkpoint.Load(model);
        (int dimension, int trained) = (checkpoint.Shape.HeadDimension, checkpoint.Shape.MaximumPositions);
        int[][] texts = StoryText.Texts(Tokenizer.Load(tokenizer, checkpoint.Shape.Vocabulary), Texts + 1);
        PositionRange[] ranges = PositionRange.UpTo(trained, texts[0].Length - 1);
        if (ranges is [] || ranges[^1].End <= trained)
        {
            throw new InvalidDataException(
                $"The model was trained on {trained} positions; the text of {texts[0].Length} tokens is too short to go beyond.");
        }
        if (dimension < LeastHeadDimension)
        {
            throw new InvalidDataException(
                $"The model's head dimension is {dimension}; it must be at least {LeastHeadDimension} for scalings to differ.");
        }

        using var losses = new TokenLosses(device, checkpoint, ranges[^1].End);
        double[] factors = LongRopeSearch.Run(losses, dimension, trained, factor, texts[0]);
        RotaryFrequencies longRope = new RotaryFrequencies(dimension).LongRope(factors, trained, factor);
        Scaling[] scalings = [.. Scaling.All(dimension, trained, factor), new Scaling("LongRoPE", _ => longRope)];
        PerplexityCurve[] curves = [.. scalings.Select(scaling => PerplexityCurve.Compute(losses, scaling, texts[1..], ranges))];
        return new PerplexityComparison(trained, ranges, curves, factors);
    }
}
