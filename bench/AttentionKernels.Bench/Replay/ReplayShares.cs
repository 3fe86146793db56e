using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>A shape that was replayed, and what all of its calls take.</summary>
/// <param name="Title">Operation and shape.</param>
/// <param name="Count">How often the program computed it.</param>
/// <param name="Times">What they take on each device.</param>
internal sealed record ReplayedShape(string Title, long Count, IReadOnlyList<ReplayedTime> Times)
{
    /// <summary>Describes a shape by its rows: on each device by the fastest, from memory where that was measured.</summary>
    public static ReplayedShape Of(string title, long count, IReadOnlyList<BenchRow> rows) =>
        new(title, count, [.. rows.GroupBy(row => row.Device).Select(device => TimeOf(device, count))]);

    private static ReplayedTime TimeOf(IGrouping<string, BenchRow> device, long count)
    {
        BenchRow[] timed = [.. device.Where(row => row.MedianMilliseconds is not null)];
        BenchRow? fastest = timed.Where(row => row.Cache == timed.Min(other => other.Cache)).MinBy(row => row.MedianMilliseconds);
        return new(device.Key, fastest?.MedianMilliseconds * count, fastest is null ? null : $"{fastest.Variant}, {fastest.DataType}");
    }
}

/// <summary>What a device takes for all calls of a shape.</summary>
/// <param name="Device">The device's selector.</param>
/// <param name="Milliseconds">The time of all calls; nothing where none could be timed.</param>
/// <param name="Variant">How they are computed in that time.</param>
internal sealed record ReplayedTime(string Device, double? Milliseconds, string? Variant);

/// <summary>Which share of a program's time each of its shapes would take, the devices side by side.</summary>
internal sealed class ReplayTable
{
    private const string Nothing = "-";

    /// <summary>Makes the table.</summary>
    public ReplayTable(IReadOnlyList<ReplayedShape> shapes)
    {
        string[] devices = [.. shapes.SelectMany(shape => shape.Times).Select(time => time.Device).Distinct()];
        Dictionary<string, double> totals = devices.ToDictionary(
            device => device,
            device => shapes.SelectMany(shape => shape.Times).Where(time => time.Device == device).Sum(time => time.Milliseconds ?? 0));
        Headings = ["Shape", "Calls", "By", .. devices.SelectMany(device => (string[])[device, "Share"])];
        Lines =
        [
            .. shapes.Select(shape => (string[])
            [
                shape.Title, $"{shape.Count}", string.Join(" / ", shape.Times.Select(time => time.Variant ?? Nothing).Distinct()),
                .. devices.SelectMany(device => Cells(shape.Times.FirstOrDefault(time => time.Device == device), totals[device])),
            ]),
            ["all", $"{shapes.Sum(shape => shape.Count)}", "", .. devices.SelectMany(device => (string[])[Figures.Time(totals[device]), ""])],
        ];
    }

    /// <summary>How many columns, the first ones, are words.</summary>
    public const int WordColumns = 3;

    /// <summary>What the table is.</summary>
    public static string Title => "All calls of the replayed shapes";

    /// <summary>The headings of the columns.</summary>
    public IReadOnlyList<string> Headings { get; }

    /// <summary>The lines, as many cells each; the last is of all shapes.</summary>
    public IReadOnlyList<string[]> Lines { get; }

    private static string[] Cells(ReplayedTime? time, double total) => time?.Milliseconds is { } milliseconds
        ? [Figures.Time(milliseconds), $"{Figures.Number(100 * milliseconds / total)} %"]
        : [Nothing, Nothing];
}
