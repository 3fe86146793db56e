using System.Globalization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>The rows of a group as a table of text: the devices side by side, and a verdict in a line.</summary>
internal sealed class GroupTable
{
    private const string Nothing = "-";

    /// <summary>Words start at the left, numbers end at the right.</summary>
    public const int WordColumns = 3;

    /// <summary>Makes the table.</summary>
    /// <param name="rows">The rows of one operation and shape.</param>
    public GroupTable(IReadOnlyList<BenchRow> rows)
    {
        string[] devices = [.. rows.Select(row => row.Device).Distinct()];
        bool compares = rows.Any(row => row.Baseline is not null);
        bool isArithmetic = rows.All(row => row.Ceiling is null or "FMA" or "tensor") && rows.Any(row => row.GigaflopsPerSecond is not null);
        Title = $"{rows[0].Operation} · {rows[0].Shape}";
        Headings =
        [
            "Variant", "Type", "Cache", "Memory",
            .. devices.SelectMany(device => (string[])
            [
                device, "Quartiles", isArithmetic ? "GFLOP/s" : "GB/s", "Of ceiling", .. compares ? ["× baseline"] : (string[])[],
            ]),
        ];
        Lines =
        [
            .. rows.GroupBy(row => (row.Variant, row.DataType, row.Cache)).Select(line => (string[])
            [
                line.Key.Variant, line.Key.DataType, line.Key.Cache == CacheState.Cold ? "cold" : "warm",
                line.Max(row => row.PeakMemoryBytes) is { } peak ? Figures.Bytes(peak) : Nothing,
                .. devices.SelectMany(device => Cells(line.FirstOrDefault(row => row.Device == device), isArithmetic, compares)),
            ]),
        ];
        Remarks = [.. rows.Select(Remark).OfType<string>()];
        Conclusion = Conclude(rows);
    }

    /// <summary>Operation and shape.</summary>
    public string Title { get; }

    /// <summary>The headings of the columns.</summary>
    public IReadOnlyList<string> Headings { get; }

    /// <summary>The lines, as many cells each.</summary>
    public IReadOnlyList<string[]> Lines { get; }

    /// <summary>What is wrong with rows, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>What the table says, in a line.</summary>
    public string Conclusion { get; }

    private static IEnumerable<string> Cells(BenchRow? row, bool isArithmetic, bool compares)
    {
        if (row?.MedianMilliseconds is not { } median)
            return [row is null ? Nothing : StateOf(row), .. Enumerable.Repeat(Nothing, compares ? 4 : 3)];
        return
        [
            row.Steady ? Figures.Time(median) : $"~{Figures.Time(median)}",
            $"{Figures.Time(row.LowerQuartileMilliseconds!.Value)} … {Figures.Time(row.UpperQuartileMilliseconds!.Value)}",
            (isArithmetic ? row.GigaflopsPerSecond : row.GigabytesPerSecond) is { } rate ? Figures.Number(rate) : Nothing,
            row.PercentOfCeiling is { } percent ? $"{Figures.Number(percent)} % {row.Ceiling}" : Nothing,
            .. compares ? [Compared(row.Baseline)] : (string[])[],
        ];
    }

    // What was checked and has a note was right, and failed when it was run again.
    private static string StateOf(BenchRow row) => row.Note is null ? "WRONG" : row.ErrorBound is null ? "not run" : "failed";

    private static string Compared(RowComparison? comparison) => comparison is null ? "new" : string.Create(
        CultureInfo.InvariantCulture,
        $"{comparison.Ratio:0.00} [{comparison.Low:0.00}, {comparison.High:0.00}] {comparison.Verdict switch
        {
            Verdict.Regression => "REGRESSION",
            Verdict.Improvement => "faster",
            Verdict.Unclear => $"unclear, machine {comparison.Machine.ToString("0.00", CultureInfo.InvariantCulture)}",
            _ => "same",
        }}");

    private static string? Remark(BenchRow row) => (row.Verified, row.Note) switch
    {
        (false, null) => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Key}: WRONG: the largest error is {row.MaximumError:G3}, and {row.ErrorBound:G3} is allowed. It was not timed."),
        (_, { } note) => row.ErrorBound is null ? $"{row.Key}: not run: {note}" : $"{row.Key}: {note}",
        _ => null,
    };

    // From memory where there are such rows: a warm cache is what a model's next layer does not find.
    private static string Conclude(IReadOnlyList<BenchRow> rows)
    {
        BenchRow[] timed = [.. rows.Where(row => row.MedianMilliseconds is not null)];
        if (timed.Length == 0)
            return "Nothing was timed.";
        CacheState cache = timed.Min(row => row.Cache);
        timed = [.. timed.Where(row => row.Cache == cache)];
        string source = cache == CacheState.Cold ? "from memory" : "from a warm cache";
        return rows[0].IsChoice ? $"Fastest {source}: {Fastest(timed)}." : $"Fastest {source}: {Devices(timed)}.";
    }

    private static string Fastest(BenchRow[] timed)
    {
        BenchRow[] best =
        [
            .. timed.GroupBy(row => row.Device).Select(device => device.MinBy(row => row.MedianMilliseconds)!)
                .OrderBy(row => row.MedianMilliseconds),
        ];
        string others = string.Concat(best.Skip(1).Select(row =>
            $"; {row.Device} takes at best {Figures.Number(row.MedianMilliseconds!.Value / best[0].MedianMilliseconds!.Value)} times that "
            + $"({row.Variant}, {row.DataType})"));
        string percent = best[0].PercentOfCeiling is { } share ? $", {Figures.Number(share)} % of {best[0].Ceiling}" : "";
        return $"{best[0].Device}, {best[0].Variant}, {best[0].DataType}: {Figures.Time(best[0].MedianMilliseconds!.Value)}{percent}{others}";
    }

    // Where rows compute different things, each has a device that is the fastest for it.
    private static string Devices(BenchRow[] timed) => string.Join("; ", timed.GroupBy(row => (row.Variant, row.DataType))
        .Select(way => way.MinBy(row => row.MedianMilliseconds)!)
        .GroupBy(row => row.Device)
        .Select(device => $"{device.Key} for {string.Join(", ", device.Select(row => row.Variant).Distinct())}"));
}
