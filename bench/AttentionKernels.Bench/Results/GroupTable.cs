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
        bool isArithmetic = rows.All(row => row.Ceiling is null or "FMA") && rows.Any(row => row.GigaflopsPerSecond is not null);
        Title = $"{rows[0].Operation} · {rows[0].Shape}";
        Headings =
        [
            "Variant", "Type", "Cache",
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
            return [row is null ? Nothing : row.ErrorBound is null ? "not run" : "WRONG", .. Enumerable.Repeat(Nothing, compares ? 4 : 3)];
        return
        [
            row.Steady ? Figures.Time(median) : $"~{Figures.Time(median)}",
            $"{Figures.Time(row.LowerQuartileMilliseconds!.Value)} … {Figures.Time(row.UpperQuartileMilliseconds!.Value)}",
            (isArithmetic ? row.GigaflopsPerSecond : row.GigabytesPerSecond) is { } rate ? Figures.Number(rate) : Nothing,
            row.PercentOfCeiling is { } percent ? $"{Figures.Number(percent)} % {row.Ceiling}" : Nothing,
            .. compares ? [Compared(row.Baseline)] : (string[])[],
        ];
    }

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
        (_, { } note) => $"{row.Key}: not run: {note}",
        _ => null,
    };

    private static string Conclude(IReadOnlyList<BenchRow> rows) => Problems.Conclusion.Of(
        rows.Where(row => row.MedianMilliseconds is not null).Select(row => new TimedWay(
            row.Device, row.Variant, row.DataType, row.Cache, row.MedianMilliseconds!.Value,
            row.PercentOfCeiling is { } share ? $"{Figures.Number(share)} % of {row.Ceiling}" : "")),
        rows[0].IsChoice);
}
