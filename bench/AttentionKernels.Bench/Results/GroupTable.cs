using System.Globalization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>The rows of a group as a table of text: the devices side by side or below each other, and a verdict in a line.</summary>
internal sealed class GroupTable
{
    /// <summary>What the verdict is about.</summary>
    public const string OfThisMachine = "on this machine", OfSeveralMachines = "among these machines";

    /// <summary>More devices than this are too wide for any page.</summary>
    public const int MostSideBySide = 3;

    /// <summary>The space between two columns.</summary>
    public const int ColumnGap = 2;

    private const string Nothing = "-", Wrong = "WRONG", NotRun = "not run", Failed = "failed", Regression = "REGRESSION";

    private readonly IReadOnlyList<BenchRow> _rows;
    private readonly string _machine;

    /// <summary>Makes the table.</summary>
    /// <param name="rows">The rows of one operation and shape.</param>
    /// <param name="machine">Where the rows were measured, as the verdict says it.</param>
    /// <param name="isStacked">Whether each device has a line of its own, instead of columns of its own.</param>
    public GroupTable(IReadOnlyList<BenchRow> rows, string machine = OfThisMachine, bool isStacked = false)
    {
        (_rows, _machine) = (rows, machine);
        string[] devices = [.. rows.Select(row => row.Device).Distinct()];
        bool compares = rows.Any(row => row.Baseline is not null);
        bool isArithmetic = rows.All(row => row.Ceiling is null or "FMA" or "tensor") && rows.Any(row => row.GigaflopsPerSecond is not null);
        string[] figures = ["Quartiles", isArithmetic ? "GFLOP/s" : "GB/s", "Of ceiling", .. compares ? ["× baseline"] : (string[])[]];
        var ways = rows.GroupBy(row => (row.Variant, row.DataType, row.Cache));
        Title = TitleOf(rows[0]);
        Words = ["Variant", "Type", "Cache", .. isStacked ? ["Device"] : (string[])[]];
        Headings =
        [
            .. Words,
            .. isStacked
                ? (string[])["Median", .. figures]
                : ["Memory", .. devices.SelectMany(device => (string[])[device, .. figures])],
        ];
        Lines = isStacked
            ? [.. ways.SelectMany(way => way.Select(row => (string[])[.. WordsOf(row), row.Device, .. Cells(row)]))]
            : [
                .. ways.Select(way => (string[])
                [
                    .. WordsOf(way.First()), MemoryOf(way),
                    .. devices.SelectMany(device => Cells(way.FirstOrDefault(row => row.Device == device))),
                ]),
            ];
        Remarks = [.. rows.Select(Remark).OfType<string>()];
        Conclusion = Conclude();

        IEnumerable<string> Cells(BenchRow? row) => GroupTable.Cells(row, isArithmetic, compares);
    }

    /// <summary>Operation and shape.</summary>
    public string Title { get; }

    /// <summary>The headings of the columns.</summary>
    public IReadOnlyList<string> Headings { get; }

    /// <summary>How many columns, the first ones, are words, which start at the left; numbers end at the right.</summary>
    public int WordColumns => Words.Count;

    /// <summary>The lines, as many cells each.</summary>
    public IReadOnlyList<string[]> Lines { get; }

    /// <summary>What is wrong with rows, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>What the table says, in a line.</summary>
    public string Conclusion { get; }

    /// <summary>The characters of a line, gaps between columns included.</summary>
    public int Width => Headings.Select((heading, column) => Lines.Max(line => Math.Max(line[column].Length, heading.Length))).Sum()
        + (ColumnGap * (Headings.Count - 1));

    private IReadOnlyList<string> Words { get; }

    /// <summary>The title of the group that a row is of.</summary>
    public static string TitleOf(BenchRow row) => $"{row.Operation} · {row.Shape}";

    /// <summary>Whether a cell says that something is wrong.</summary>
    public static bool IsAlarming(string cell) => cell is Wrong or NotRun or Failed || cell.EndsWith(Regression, StringComparison.Ordinal);

    /// <summary>The same rows with the devices below each other, for where the table is too wide.</summary>
    public GroupTable Stacked() => new(_rows, _machine, isStacked: true);

    private static string[] WordsOf(BenchRow row) => [row.Variant, row.DataType, row.Cache == CacheState.Cold ? "cold" : "warm"];

    private static string MemoryOf(IEnumerable<BenchRow> way) => way.Max(row => row.PeakMemoryBytes) is { } peak ? Figures.Bytes(peak) : Nothing;

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
    private static string StateOf(BenchRow row) => row.Note is null ? Wrong : row.ErrorBound is null ? NotRun : Failed;

    private static string Compared(RowComparison? comparison) => comparison is null ? "new" : string.Create(
        CultureInfo.InvariantCulture,
        $"{comparison.Ratio:0.00} [{comparison.Low:0.00}, {comparison.High:0.00}] {comparison.Verdict switch
        {
            Verdict.Regression => Regression,
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

    private string Conclude() => Problems.Conclusion.Of(
        $"{_rows[0].Operation} {_machine}",
        _rows.Where(row => row.MedianMilliseconds is not null).Select(row => new TimedWay(
            row.Device, row.Variant, row.DataType, row.Cache, row.MedianMilliseconds!.Value,
            row.PercentOfCeiling is { } share ? $"{Figures.Number(share)} % of {row.Ceiling}" : "")),
        _rows[0].IsChoice);
}
