using Spectre.Console;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Prints the rows as tables: one for each operation and shape, in it the devices one below the other.</summary>
internal static class ComparisonTable
{
    private static readonly string[] Headings =
        ["Variant", "Type", "Cache", "Schedule", "Median", "Quartiles", "Rate", "×Naive", "Extra", "Error", "Bound", "Check"];

    private const string Legend =
        "Median and quartiles of a run that is waited for, all rows of a table in turn. Cold: runs take turns on copies of the operands, twice "
        + "the last cache together, as the layers of a model do. Warm: each run has the operands of the one before. ×Naive: how many times "
        + "as fast as naive on the same device. Extra: device memory besides the operands. Error: the largest difference from the fp64 "
        + "oracle in the rows that are checked; Bound: the largest that is allowed.";

    /// <summary>The columns of words, which start at the left; numbers end at the right.</summary>
    private static readonly string[] Words = ["Variant", "Type", "Cache", "Schedule", "Check"];

    /// <summary>Prints what the rows of all tables add up to, and how to read them.</summary>
    public static void WriteEnd(IAnsiConsole console, IReadOnlyList<ComparisonRow> rows)
    {
        int verified = rows.Count(row => row.Verified);
        int notRun = rows.Count(row => !row.HasRun);
        int failed = rows.Count - verified - notRun;
        console.MarkupLineInterpolated($"[bold]{rows.Count} rows: {verified} verified, {failed} failed, {notRun} not run.[/]");
        console.MarkupLineInterpolated($"[grey]{Legend}[/]");
    }

    /// <summary>Prints the table of one operation and shape.</summary>
    public static void Write(IAnsiConsole console, ComparisonGroup group)
    {
        console.MarkupLineInterpolated($"[bold]{group.Title}[/]");
        int[] widths = WidthsOf([Headings, .. group.Rows.Select(row => Cells(group, row))]);
        foreach (IGrouping<string, ComparisonRow> device in group.Rows.GroupBy(row => row.Device))
        {
            console.MarkupLineInterpolated($"[blue]{device.Key}[/]");
            Table table = EmptyTable(widths);
            foreach (ComparisonRow row in device)
                table.AddRow(Cells(group, row));
            console.Write(table);
            foreach (string remark in device.Select(Remark).OfType<string>())
                console.MarkupLine(remark);
        }

        console.MarkupLineInterpolated($"[green]{Conclude(group)}[/]");
        console.WriteLine();
    }

    private static string Conclude(ComparisonGroup group) => Conclusion.Of(
        $"{group.Operation} on this machine",
        group.Rows.Where(row => row.MedianMilliseconds is not null).Select(row => new TimedWay(
            row.Device.Split(' ')[0], row.Variant, row.DataType, row.Cache, row.MedianMilliseconds!.Value,
            group.SpeedupOf(row) is { } factor && !row.IsNaive ? $"{Figures.Number(factor)} times as fast as naive" : "")),
        group.Rows[0].IsChoice);

    // Each device has a table of its own, since no column is as wide as a device's name; the columns still line up.
    private static int[] WidthsOf(string[][] lines) =>
        [.. Headings.Select((_, column) => lines.Max(line => Markup.Remove(line[column]).Length))];

    private static Table EmptyTable(int[] widths)
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((string heading, int width) in Headings.Zip(widths))
        {
            table.AddColumn(new TableColumn($"[grey]{heading}[/]")
            {
                Alignment = Words.Contains(heading) ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, heading == Headings[^1] ? 0 : 1, 0),
                Width = width,
                // Where a terminal is too narrow, it is the variant's name that wraps, not a number.
                NoWrap = heading != "Variant",
            });
        }
        return table;
    }

    private static string[] Cells(ComparisonGroup group, ComparisonRow row) =>
    [
        Markup.Escape(row.Variant),
        row.DataType,
        row.Cache == CacheState.Cold ? "cold" : "warm",
        Markup.Escape(row.Schedule),
        Cell(row.MedianMilliseconds, Figures.Time),
        row.Samples > 1 ? $"{Cell(row.LowerQuartileMilliseconds, Figures.Time)} … {Cell(row.UpperQuartileMilliseconds, Figures.Time)}" : "-",
        Cell(row.Rate, rate => $"{Figures.Number(rate)} {(row.Throughput == Throughput.Arithmetic ? "GFLOP/s" : "GB/s")}"),
        Cell(group.SpeedupOf(row), Figures.Number),
        row.ExtraBytes is { } bytes ? Figures.Bytes(bytes) : "-",
        Cell(row.MaximumError, Figures.Error),
        Cell(row.ErrorBound, Figures.Error),
        row.Verified ? "[green]ok[/]" : row.HasRun ? "[bold red]FAILED[/]" : "[yellow]not run[/]",
    ];

    private static string Cell(double? value, Func<double, string> format) => value is { } number ? format(number) : "-";

    // A reason is as long as it has to be; in a cell it would be wrapped into a column of single words.
    private static string? Remark(ComparisonRow row)
    {
        string subject = Markup.Escape(row.Name);
        string? note = row.Note is null ? null : Markup.Escape(row.Note.ReplaceLineEndings(" "));
        return (row.Verified, row.HasRun) switch
        {
            (true, _) => note is null ? null : $"{subject}: {note}",
            (_, true) => $"[red]{subject} FAILED: {note ?? "the error exceeds its bound"}[/]",
            _ => $"[yellow]{subject} not run: {note ?? "no reason was given"}[/]",
        };
    }
}
