namespace AttentionKernels.Timing;

/// <summary>The samples that one way of computing something has had, and what they say together.</summary>
/// <param name="Milliseconds">The times of a run, in the order in which they were taken; at least one.</param>
internal sealed record TimeSamples(IReadOnlyList<double> Milliseconds)
{
    /// <summary>Half of the samples are below it.</summary>
    public double Median => Quantile(Milliseconds, 0.5);

    /// <summary>A quarter of the samples is below it.</summary>
    public double LowerQuartile => Quantile(Milliseconds, 0.25);

    /// <summary>A quarter of the samples is above it.</summary>
    public double UpperQuartile => Quantile(Milliseconds, 0.75);

    /// <summary>The value below which a share of the values lies, interpolated linearly between the two beside it.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="share">From 0, the least value, to 1, the largest.</param>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double position = share * (sorted.Length - 1);
        int below = (int)position, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
