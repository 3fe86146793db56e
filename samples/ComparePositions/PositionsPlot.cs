using System.Globalization;
using AttentionKernels.Samples.ComparePositions.Decay;
using AttentionKernels.Samples.ComparePositions.Perplexity;
using AttentionKernels.Samples.Pictures;

namespace AttentionKernels.Samples.ComparePositions;

/// <summary>Draws both comparisons: a panel for perplexity, where it was measured, and one for each kind of score.</summary>
internal static class PositionsPlot
{
    // Perplexities beyond so many times the least one are cut off, where the others could not be told apart.
    private const double PerplexityCut = 32;

    // Logarithmic axes have no 0: distances begin at 1. A straight line is one on a linear axis.
    private static readonly PlotScale _distance = new(
        "Distance of query and key [tokens], logarithmic", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], IsLogarithmic: true);

    private static readonly PlotScale _linearDistance = new(
        "Distance of query and key [tokens]", [0, 64, 128, 192, 256, 320, 384, 448, 512], IsLogarithmic: false);

    /// <summary>Draws the picture into a PNG file, whose folder is made if need be.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(FileInfo file, PerplexityComparison? perplexity, DecayComparison decay, double factor)
    {
        var picture = new Picture(
            "How attention is told of positions",
            "What each scaling of rotary embedding does to perplexity, and what the distance of query and key does to a score.");
        if (perplexity is not null)
            AddPerplexity(picture, perplexity, factor);
        PlotScale score = new("Score", [-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25], IsLogarithmic: false);
        PlotScale bias = new("Bias", [-64, -48, -32, -16, 0], IsLogarithmic: false);
        PlotScale bucket = new("Bucket", [0, 8, 16, 24, 32], IsLogarithmic: false);
        AddScores(picture, new LinePanel("Product of query and key: the mean of cos(distance · θ)", _distance, score), decay.Similarities);
        AddScores(picture, new LinePanel("ALiBi: what is added to a score", _linearDistance, bias), decay.Biases);
        AddScores(picture, new LinePanel("T5: the bucket whose bias is added", _distance, bucket), decay.Buckets);
        picture.Save(file);
    }

    private static void AddPerplexity(Picture picture, PerplexityComparison comparison, double factor)
    {
        double[] middles = [.. comparison.Ranges.Select(range => (range.First + range.End) / 2.0)];
        double[] perplexities = [.. comparison.Curves.SelectMany(curve => curve.Perplexities)];
        double least = Math.Pow(2, Math.Floor(Math.Log2(perplexities.Min())));
        double[] levels = [.. Doublings(least, Math.Min(perplexities.Max(), least * PerplexityCut))];
        int trained = comparison.TrainedPositions;
        double[] positions = [.. Doublings(trained / 8.0, comparison.Ranges[^1].End)];
        string cut = perplexities.Max() > levels[^1] ? $"; cut off above {levels[^1]}" : "";
        string times = factor.ToString("0.##", CultureInfo.InvariantCulture);
        var panel = new LinePanel(
            $"Perplexity of stories (dashed: trained positions, {trained}, and {times} times as many{cut})",
            new PlotScale("Position [tokens], logarithmic", positions, IsLogarithmic: true),
            new PlotScale("Perplexity, logarithmic", levels, IsLogarithmic: true));
        double[] marks = [.. new[] { trained, trained * factor }.Where(mark => mark <= positions[^1]).Distinct()];
        picture.AddPanel(plot => panel.Draw(
            plot, [.. comparison.Curves.Select(curve => new PlotLine(curve.Name, middles, curve.Perplexities))], marks));
    }

    private static void AddScores(Picture picture, LinePanel panel, IReadOnlyList<DecayCurve> curves) =>
        picture.AddPanel(plot => panel.Draw(plot, [.. curves.Select(curve => LineOf(curve, panel.Horizontal))]));

    private static PlotLine LineOf(DecayCurve curve, PlotScale distances)
    {
        (int first, int last) = ((int)distances.Ticks[0], (int)distances.Ticks[^1]);
        return new PlotLine(
            curve.Name,
            [.. Enumerable.Range(first, last - first + 1).Select(distance => (double)distance)],
            [.. curve.Scores[first..(last + 1)].Select(score => (double)score)]);
    }

    // From one value on, up to the first one that is no less than another.
    private static IEnumerable<double> Doublings(double first, double last)
    {
        double value = first;
        for (; value < last; value *= 2)
            yield return value;
        yield return value;
    }
}
