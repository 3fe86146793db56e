using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

namespace AttentionKernels.Bench;

/// <summary>What is printed, piece by piece, as it becomes known.</summary>
/// <param name="console">Where to.</param>
internal sealed class ConsoleReport(IAnsiConsole console)
{
    /// <summary>Prints the devices and what they can do at most.</summary>
    public void Write(IReadOnlyList<MeasuredDevice> devices)
    {
        Table table = Headed("Device", "Name", "Driver", "Read", "Copy", "FMA", "Tensor", "Launch", "Round trip");
        foreach (MeasuredDevice device in devices)
        {
            table.AddRow([.. new[]
            {
                device.Selector, device.Name, device.Driver,
                $"{Figures.Number(device.Ceilings.ReadGigabytesPerSecond)} GB/s",
                $"{Figures.Number(device.Ceilings.CopyGigabytesPerSecond)} GB/s",
                $"{Figures.Number(device.Ceilings.FmaGigaflopsPerSecond)} GFLOP/s",
                device.Ceilings.TensorGigaflopsPerSecond is { } tensor ? $"{Figures.Number(tensor)} GFLOP/s" : "-",
                $"{Figures.Number(device.Ceilings.LaunchMicroseconds)} µs",
                $"{Figures.Number(device.Ceilings.RoundTripMicroseconds)} µs",
            }.Select(Markup.Escape)]);
        }

        console.Write(table);
        foreach (MeasuredDevice device in devices.Where(device => device.Note is not null))
            console.MarkupLineInterpolated($"[red]{device.Selector}: no ceilings: {device.Note}[/]");
        console.WriteLine();
    }

    /// <summary>Prints a group.</summary>
    public void Write(GroupTable group)
    {
        console.MarkupLineInterpolated($"[bold]{group.Title}[/]");
        Table table = Headed([.. group.Headings]);
        foreach (string[] line in group.Lines)
            table.AddRow([.. line.Select(Cell)]);
        console.Write(table);
        foreach (string remark in group.Remarks)
            console.MarkupLineInterpolated($"[red]{remark}[/]");
        console.MarkupLineInterpolated($"[green]{group.Conclusion}[/]");
        console.WriteLine();
    }

    /// <summary>Prints what the calls of a program take.</summary>
    public void Write(ReplayTable replay)
    {
        console.MarkupLineInterpolated($"[bold]{ReplayTable.Title}[/]");
        Table table = Headed([.. replay.Headings]);
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
        console.MarkupLine("[grey]Medians and quartiles of a run that is waited for. Cold: copies of the operands take turns, twice the last "
            + "cache together. Warm: the same operands each time. ~: had not come to rest. Of ceiling: of what the device reads, copies "
            + "or multiplies and adds at most, measured above.[/]");
    }

    private static string Cell(string text) => text switch
    {
        "WRONG" => "[bold red]WRONG[/]",
        "not run" or "failed" => $"[yellow]{text}[/]",
        _ when text.EndsWith("REGRESSION", StringComparison.Ordinal) => $"[red]{Markup.Escape(text)}[/]",
        _ => Markup.Escape(text),
    };

    private static Table Headed(params string[] headings)
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((int column, string heading) in headings.Index())
        {
            table.AddColumn(new TableColumn($"[grey]{Markup.Escape(heading)}[/]")
            {
                Alignment = column < GroupTable.WordColumns ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, column == headings.Length - 1 ? 0 : 2, 0),
                NoWrap = column >= GroupTable.WordColumns,
            });
        }

        return table;
    }
}
