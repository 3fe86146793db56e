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

    /// <summary>By how much all of the interval has to be above 1 for a regression: no machine is the same from one run to the
    /// next.</summary>
    public const double Margin = 0.05;

    /// <summary>The fewest samples on each side that an interval can be made of.</summary>
    public const int FewestSamples = Turns.FewestTurns;

    private const int Draws = 1000, Seed = 1;

    /// <summary>Compares rows.</summary>
    /// <param name="samples">The times of now, and those that the yardstick took in turn with them.</param>
    /// <param name="baseline">Those of before.</param>
    /// <returns>Ratio, interval and verdict; nothing where there are too few samples.</returns>
    public static RowComparison? Compare(YardstickedSamples samples, YardstickedSamples baseline)
    {
        if (samples.IsTooFew || baseline.IsTooFew)
            return null;
        (double ratio, double low, double high) = Ratio(samples.Times, baseline.Times);
        (double machine, double machineLow, double machineHigh) = Ratio(samples.Yardstick, baseline.Yardstick);

        // What is left when the machine's part is taken away, as large as it may be.
        bool isSlower = low > 1 + Margin, isFaster = high < 1 / (1 + Margin);
        Verdict verdict = isSlower
            ? low / Math.Max(1, machineHigh) > 1 + Margin ? Verdict.Regression : Verdict.Unclear
            : !isFaster ? Verdict.Same
            : high / Math.Min(1, machineLow) < 1 / (1 + Margin) ? Verdict.Improvement : Verdict.Unclear;
        return new RowComparison(ratio, low, high, machine, verdict);
    }

    private static (double Ratio, double Low, double High) Ratio(IReadOnlyList<double> samples, IReadOnlyList<double> baseline)
    {
        var random = new Random(Seed);
        double[] ratios = [.. Enumerable.Range(0, Draws).Select(_ => MedianOfDraw(samples, random) / MedianOfDraw(baseline, random))];
        return (
            TimeSamples.Quantile(samples, 0.5) / TimeSamples.Quantile(baseline, 0.5),
            TimeSamples.Quantile(ratios, (1 - Confidence) / 2), TimeSamples.Quantile(ratios, (1 + Confidence) / 2));
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

/// <summary>Samples of a row, and of the <see cref="Yardstick"/> in turn with them.</summary>
/// <param name="Times">The row's.</param>
/// <param name="Yardstick">The yardstick's.</param>
internal sealed record YardstickedSamples(IReadOnlyList<double> Times, IReadOnlyList<double> Yardstick)
{
    /// <summary>Whether nothing can be said.</summary>
    public bool IsTooFew => Times.Count < Bootstrap.FewestSamples || Yardstick.Count < Bootstrap.FewestSamples;
}
