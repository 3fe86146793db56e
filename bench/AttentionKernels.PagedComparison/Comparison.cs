using System.Diagnostics;

namespace AttentionKernels.PagedComparison;

/// <summary>A row of the table: a way of computing a step, beside the first way.</summary>
/// <param name="Shape">The step.</param>
/// <param name="Device">The device.</param>
/// <param name="Way">The way.</param>
/// <param name="Milliseconds">The median of its times.</param>
/// <param name="Ratio">The median of the ratios of the first way's time to its own, each pair taken one after the other: how many times as fast it is.</param>
/// <param name="Difference">The largest difference of its result from the first way's.</param>
internal sealed record ComparisonRow(string Shape, string Device, string Way, double Milliseconds, double Ratio, double Difference);

/// <summary>Measures ways of computing one step in turn, so that all meet the same weather on the machine.</summary>
internal static class Comparison
{
    private const double ShortestSampleMilliseconds = 5;

    /// <summary>Measures, and compares the results with the first way's.</summary>
    public static List<ComparisonRow> Run(AttentionDevice device, string shape, IReadOnlyList<DecodeRun> ways, int repetitions)
    {
        // The first runs compile kernels, and say how many runs make a sample.
        int[] runs = [.. ways.Select(way =>
        {
            Sample(device, way, 3);
            return Math.Max(1, (int)Math.Ceiling(ShortestSampleMilliseconds / Sample(device, way, 1)));
        })];
        List<double>[] times = [.. ways.Select(_ => new List<double>(repetitions))];
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            for (int way = 0; way < ways.Count; way++)
                times[way].Add(Sample(device, ways[way], runs[way]));
        }

        float[] first = ways[0].Output.ToArray();
        return [.. ways.Select((way, index) => new ComparisonRow(
            shape, device.Description.Family, way.Name, Median(times[index]), Median(times[0].Zip(times[index], (one, other) => one / other)),
            first.Zip(way.Output.ToArray(), (one, other) => (double)Math.Abs(one - other)).Max()))];
    }

    private static double Sample(AttentionDevice device, DecodeRun way, int runs)
    {
        // One run before the clock starts: processors that slept are awake, and the caches hold what this way leaves in them.
        way.Queue();
        device.Synchronize();
        long begin = Stopwatch.GetTimestamp();
        for (int run = 0; run < runs; run++)
        {
            way.Queue();
            device.Synchronize();
        }

        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / runs;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
