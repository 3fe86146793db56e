using Spectre.Console;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Prints the rows as tables: one for each operation and shape, in it the devices one below the other.</summary>
internal static class ComparisonTable
{
    /// <summary>The width of what is not a terminal: a file wraps no lines, and no cell needs more.</summary>
    private const int RedirectedWidth = 120;

    private static readonly string[] Headings = ["Variant", "Schedule", "Median", "GFLOP/s", "GB/s", "Extra", "Error", "Bound", "×Naive", "Check"];

    /// <summary>The columns of words, which start at the left; numbers end at the right.</summary>
    private static readonly string[] Words = ["Variant", "Schedule", "Check"];

    /// <summary>Opens the console: colours and the terminal's width on a terminal, plain text of a fixed width elsewhere.</summary>
    public static IAnsiConsole OpenConsole()
    {
        // Spectre takes the log of a CI service for a terminal that has colours; its text also goes into files.
        IAnsiConsole console = Console.IsOutputRedirected
            ? AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            })
            : AnsiConsole.Console;
        if (Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }

    /// <summary>Prints the tables, and what they add up to.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<ComparisonRow> rows)
    {
        foreach (ComparisonGroup group in ComparisonGroup.Of(rows))
            Write(console, group);

        int verified = rows.Count(row => row.Verified);
        int notRun = rows.Count(row => !row.HasRun);
        console.MarkupLineInterpolated($"[bold]{rows.Count} rows: {verified} verified, {rows.Count - verified - notRun} failed, {notRun} not run.[/]");
    }

    private static void Write(IAnsiConsole console, ComparisonGroup group)
    {
        console.Write(new Rule($"[bold]{Markup.Escape(group.Title)}[/]") { Justification = Justify.Left, Border = BoxBorder.Ascii });

        var table = new Table { Border = TableBorder.None };
        foreach (string heading in Headings)
        {
            table.AddColumn(new TableColumn($"[grey]{heading}[/]")
            {
                Alignment = Words.Contains(heading) ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, 1, 0),
                NoWrap = true,
            });
        }

        var notes = new List<string>();
        foreach (IGrouping<string, ComparisonRow> device in group.Rows.GroupBy(row => row.Device))
        {
            table.AddRow($"[bold]{Markup.Escape(device.Key)}[/]");
            foreach (ComparisonRow row in device)
            {
                table.AddRow(Cells(group, row));
                if (Remark(row) is { } remark)
                    notes.Add(remark);
            }
        }

        console.Write(table);
        foreach (string note in notes)
            console.MarkupLine(note);
        console.WriteLine();
    }

    private static string[] Cells(ComparisonGroup group, ComparisonRow row) =>
    [
        $"  {Markup.Escape(row.Variant)}",
        Markup.Escape(row.Schedule),
        Cell(row.MedianMilliseconds, Figures.Time),
        Cell(row.GigaflopsPerSecond, Figures.Number),
        Cell(row.GigabytesPerSecond, Figures.Number),
        row.ExtraBytes is { } bytes ? Figures.Bytes(bytes) : "-",
        Cell(row.MaximumError, Figures.Error),
        Cell(row.ErrorBound, Figures.Error),
        Cell(group.SpeedupOf(row), Figures.Number),
        row.Verified ? "[green]ok[/]" : row.HasRun ? "[bold red]FAILED[/]" : "[yellow]not run[/]",
    ];

    private static string Cell(double? value, Func<double, string> format) => value is { } number ? format(number) : "-";

    // A reason is as long as it has to be; in a cell it would be wrapped into a column of single words.
    private static string? Remark(ComparisonRow row)
    {
        string subject = Markup.Escape($"{row.Device} {row.Variant} {row.Schedule}");
        string? note = row.Note is null ? null : Markup.Escape(row.Note.ReplaceLineEndings(" "));
        return (row.Verified, row.HasRun) switch
        {
            (true, _) => note is null ? null : $"{subject}: {note}",
            (_, true) => $"[red]{subject} FAILED: {note ?? "the error exceeds its bound"}[/]",
            _ => $"[yellow]{subject} not run: {note ?? "no reason was given"}[/]",
        };
    }
}
