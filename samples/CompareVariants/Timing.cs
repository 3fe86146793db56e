using System.Diagnostics;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>How long the rows may take: each as long as it likes up to a limit, and all together about as long as planned.</summary>
/// <param name="total">For all rows.</param>
/// <param name="perRow">For the repetitions of one row.</param>
internal sealed class Timing(TimeSpan total, TimeSpan perRow)
{
    /// <summary>A median of fewer says little.</summary>
    private const int WantedRepetitions = 3;

    private const int MostRepetitions = 1000;

    private readonly long start = Stopwatch.GetTimestamp();

    /// <summary>The time for the repetitions of the next row.</summary>
    /// <param name="rowsLeft">The rows that are still to be measured, the next one included.</param>
    public TimeSpan Share(int rowsLeft)
    {
        TimeSpan even = (total - Stopwatch.GetElapsedTime(start)) / rowsLeft;
        return even < TimeSpan.Zero ? TimeSpan.Zero : even < perRow ? even : perRow;
    }

    /// <summary>Repeats a warm-up, once at least, so that what is compiled while it runs is compiled when the clock starts.</summary>
    public static void WarmUp(Action run, TimeSpan share)
    {
        long begin = Stopwatch.GetTimestamp();
        do
            run();
        while (Stopwatch.GetElapsedTime(begin) < share / 2);
    }

    /// <summary>The time of one run in milliseconds.</summary>
    public static double Once(Action run)
    {
        long begin = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    /// <summary>The median of a first run and as many more as fit into the time.</summary>
    public static double Median(double first, Action run, TimeSpan share)
    {
        List<double> times = [first];
        double elapsed = first;
        // A slow row may take some more than its share for a few repetitions, since quick rows do not use theirs up.
        while (times.Count < MostRepetitions
            && elapsed + first < share.TotalMilliseconds * (times.Count < WantedRepetitions ? WantedRepetitions : 1))
        {
            times.Add(Once(run));
            elapsed += times[^1];
        }

        times.Sort();
        return times.Count % 2 == 1 ? times[times.Count / 2] : (times[times.Count / 2 - 1] + times[times.Count / 2]) / 2;
    }
}
