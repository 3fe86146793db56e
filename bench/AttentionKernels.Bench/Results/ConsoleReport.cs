using Spectre.Console;

namespace AttentionKernels.Bench;

/// <summary>What is printed, piece by piece, as it becomes known.</summary>
/// <param name="console">Where to.</param>
internal sealed class ConsoleReport(IAnsiConsole console)
{
    /// <summary>Prints the devices and what they can do at most.</summary>
    public void Write(IReadOnlyList<MeasuredDevice> devices)
    {
        Table table = Headed(ReportWords.DeviceHeadings, ReportWords.DeviceWordColumns);
        foreach (MeasuredDevice device in devices)
            table.AddRow([.. ReportWords.CellsOf(device).Select(Markup.Escape)]);
        console.Write(table);
        foreach (string remark in ReportWords.RemarksOf(devices))
            console.MarkupLineInterpolated($"[red]{remark}[/]");
        console.WriteLine();
    }

    /// <summary>Prints a group: the devices side by side where the console is wide enough, and below each other where it is not.</summary>
    public void Write(GroupTable group)
    {
        GroupTable fitting = group.Width > console.Profile.Width ? group.Stacked() : group;
        console.MarkupLineInterpolated($"[bold]{group.Title}[/]");
        Table table = Headed(fitting.Headings, fitting.WordColumns);
        foreach (string[] line in fitting.Lines)
            table.AddRow([.. line.Select(Cell)]);
        console.Write(table);
        foreach (string remark in group.Remarks)
            console.MarkupLineInterpolated($"[red]{remark}[/]");
        console.MarkupLineInterpolated($"[green]{group.Conclusion}[/]");
        console.WriteLine();
    }

    /// <summary>Prints all of a report that several runs make.</summary>
    public void Write(BenchReport report)
    {
        foreach (ReportedRun run in report.Runs)
            console.MarkupLineInterpolated($"{ReportWords.MachineOf(run)}");
        if (!report.Complete)
            console.MarkupLineInterpolated($"[yellow]{ReportWords.Incomplete}[/]");
        console.WriteLine();
        Write(report.Devices);
        foreach (GroupTable group in report.Groups)
            Write(group);
        foreach (ReplayTable replay in report.Replays)
            Write(replay);
        Write(report.Rows);
    }

    /// <summary>Prints what the calls of a program take.</summary>
    public void Write(ReplayTable replay)
    {
        console.MarkupLineInterpolated($"[bold]{ReplayTable.Title}[/]");
        Table table = Headed(replay.Headings, ReplayTable.WordColumns);
        foreach (string[] line in replay.Lines)
            table.AddRow([.. line.Select(Markup.Escape)]);
        console.Write(table);
        console.WriteLine();
    }

    /// <summary>Prints how to read the tables, and what the rows add up to.</summary>
    public void Write(IReadOnlyList<BenchRow> rows)
    {
        int wrong = rows.Count(row => row is { Verified: false, Note: null });
        int notRun = rows.Count(row => row.Note is not null);
        int unclear = rows.Count(row => row.Baseline?.Verdict == Verdict.Unclear);
        int slower = rows.Count(row => row.Baseline?.Verdict == Verdict.Regression);
        string beside = rows.Any(row => row.Baseline is not null)
            ? $", {slower} slower than the baseline, {unclear} unclear since the machine is not as fast as it was"
            : "";
        console.MarkupLineInterpolated($"[bold]{rows.Count} rows: {wrong} wrong, {notRun} not run or failed{beside}.[/]");
        console.MarkupLineInterpolated($"[grey]{ReportWords.Key}[/]");
    }

    private static string Cell(string text) => GroupTable.IsAlarming(text) ? $"[bold red]{Markup.Escape(text)}[/]" : Markup.Escape(text);

    private static Table Headed(IReadOnlyList<string> headings, int wordColumns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((int column, string heading) in headings.Index())
        {
            table.AddColumn(new TableColumn($"[grey]{Markup.Escape(heading)}[/]")
            {
                Alignment = column < wordColumns ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, column == headings.Count - 1 ? 0 : GroupTable.ColumnGap, 0),
                NoWrap = column >= wordColumns,
            });
        }

        return table;
    }
}
