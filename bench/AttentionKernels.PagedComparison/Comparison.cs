using AttentionKernels.Timing;

namespace AttentionKernels.PagedComparison;

/// <summary>A row of the table: a way of computing a step, beside the first way.</summary>
/// <param name="Shape">The step.</param>
/// <param name="Device">The device.</param>
/// <param name="Way">The way.</param>
/// <param name="Milliseconds">The median of its times.</param>
/// <param name="Ratio">The median of the ratios of the first way's time to its own, each pair taken one after the other: how many times as fast it is.</param>
/// <param name="Difference">The largest difference of its result from the first way's.</param>
internal sealed record ComparisonRow(string Shape, string Device, string Way, double Milliseconds, double Ratio, double Difference);

/// <summary>Measures ways of computing one step in turn, and compares their results.</summary>
internal static class Comparison
{
    /// <summary>Measures, and compares the results with the first way's.</summary>
    public static List<ComparisonRow> Run(AttentionDevice device, string shape, IReadOnlyList<DecodeRun> ways, int repetitions)
    {
        Sampler[] samplers = [.. ways.Select(way => new Sampler(_ => Step(device, way)))];
        foreach (Sampler sampler in samplers)
            sampler.WarmUp(TimeSpan.Zero);
        var turns = new Turns(samplers, repetitions, TimeSpan.MaxValue);

        float[] first = ways[0].Output.ToArray();
        return [.. ways.Select((way, index) => new ComparisonRow(
            shape, device.Description.Family, way.Name, turns.Milliseconds(index), turns.Speedup(index, 0.5),
            first.Zip(way.Output.ToArray(), (one, other) => (double)Math.Abs(one - other)).Max()))];
    }

    private static void Step(AttentionDevice device, DecodeRun way)
    {
        way.Queue();
        device.Synchronize();
    }
}
