using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>
/// Compares two sets of samples by the ratio of their medians. How far it may be off is found by drawing samples anew from those that there
/// are, with replacement (Efron, "Bootstrap methods: another look at the jackknife", 1979).
/// </summary>
internal static class Bootstrap
{
    /// <summary>The part of the drawn ratios that lies within the interval.</summary>
    public const double Confidence = 0.99;

    /// <summary>By how much all of the interval has to be above 1 for a regression: machines are not the same from one run to the next.</summary>
    public const double Margin = 0.05;

    /// <summary>The fewest samples on each side that an interval can be made of.</summary>
    public const int FewestSamples = Turns.FewestTurns;

    private const int Draws = 2000, Seed = 1;

    /// <summary>Compares.</summary>
    /// <param name="samples">The times of now.</param>
    /// <param name="baseline">Those of before.</param>
    /// <returns>Ratio, interval and verdict; nothing where there are too few samples.</returns>
    public static RowComparison? Compare(IReadOnlyList<double> samples, IReadOnlyList<double> baseline)
    {
        if (samples.Count < FewestSamples || baseline.Count < FewestSamples)
            return null;
        var random = new Random(Seed);
        double[] ratios = [.. Enumerable.Range(0, Draws).Select(_ => MedianOfDraw(samples, random) / MedianOfDraw(baseline, random))];
        double low = TimeSamples.Quantile(ratios, (1 - Confidence) / 2), high = TimeSamples.Quantile(ratios, (1 + Confidence) / 2);
        return new RowComparison(
            TimeSamples.Quantile(samples, 0.5) / TimeSamples.Quantile(baseline, 0.5), low, high,
            low > 1 + Margin ? Verdict.Regression : high < 1 / (1 + Margin) ? Verdict.Improvement : Verdict.Same);
    }

    private static double MedianOfDraw(IReadOnlyList<double> samples, Random random)
    {
        double[] draw = new double[samples.Count];
        for (int index = 0; index < draw.Length; index++)
            draw[index] = samples[random.Next(samples.Count)];
        Array.Sort(draw);
        return (draw[(draw.Length - 1) / 2] + draw[draw.Length / 2]) / 2;
    }
}
