using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Problems;

/// <summary>A way to compute something that has been timed.</summary>
/// <param name="Device">The device's selector.</param>
/// <param name="Variant">How it is computed.</param>
/// <param name="Type">How numbers are stored.</param>
/// <param name="Cache">Where the operands come from.</param>
/// <param name="Milliseconds">The median time of a run.</param>
/// <param name="Remark">What a reader may want to know beside the time, if it is the fastest.</param>
internal sealed record TimedWay(string Device, string Variant, string Type, CacheState Cache, double Milliseconds, string Remark);

/// <summary>What a table of times says, in a line.</summary>
internal static class Conclusion
{
    /// <summary>Names the fastest way, from memory where it was measured so: a warm cache is what a model's next layer does not find.</summary>
    /// <param name="task">What was computed, and where.</param>
    /// <param name="ways">What has been timed.</param>
    /// <param name="isChoice">Whether the ways compute the same, so that one may be taken for another.</param>
    public static string Of(string task, IEnumerable<TimedWay> ways, bool isChoice)
    {
        TimedWay[] timed = [.. ways];
        if (timed.Length == 0)
            return "Nothing was timed.";
        CacheState cache = timed.Min(way => way.Cache);
        timed = [.. timed.Where(way => way.Cache == cache)];
        string source = cache == CacheState.Cold ? "from memory" : "from a warm cache";
        return isChoice ? $"For {task}, {source}: {Fastest(timed)}." : $"Fastest for {task}, {source}: {Devices(timed)}.";
    }

    private static string Fastest(TimedWay[] timed)
    {
        TimedWay[] best =
        [
            .. timed.GroupBy(way => way.Device).Select(device => device.MinBy(way => way.Milliseconds)!).OrderBy(way => way.Milliseconds),
        ];
        string others = string.Concat(best.Skip(1).Select(way =>
            $"; {way.Device} takes at best {Figures.Number(way.Milliseconds / best[0].Milliseconds)} times that ({way.Variant}, {way.Type})"));
        string remark = best[0].Remark.Length == 0 ? "" : $", {best[0].Remark}";
        return $"{best[0].Device}, {best[0].Variant}, {best[0].Type} ({Figures.Time(best[0].Milliseconds)}{remark}){others}";
    }

    // Where ways compute different things, each has a device that is the fastest for it.
    private static string Devices(TimedWay[] timed) => string.Join("; ", timed.GroupBy(way => (way.Variant, way.Type))
        .Select(way => way.MinBy(way => way.Milliseconds)!)
        .GroupBy(way => way.Device)
        .Select(device => $"{device.Key} for {string.Join(", ", device.Select(way => way.Variant).Distinct())}"));
}
