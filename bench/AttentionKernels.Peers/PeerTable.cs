using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

namespace AttentionKernels.Peers;

/// <summary>Prints the rows as a table, those of an operation and a shape below its title.</summary>
internal static class PeerTable
{
    private static readonly string[] Words = ["Device", "Peer", "Detail"];

    private static readonly string[] Headings = [.. Words, "Ours", "Theirs", "Speedup", "Quartiles", "Difference"];

    /// <summary>Prints the tables of operations.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<PeerRow> rows)
    {
        foreach (var group in rows.GroupBy(row => (row.Operation, row.Shape)))
        {
            console.MarkupLineInterpolated($"[bold]{group.Key.Operation} · {group.Key.Shape}[/]");
            var table = new Table { Border = TableBorder.None };
            foreach (string heading in Headings)
            {
                table.AddColumn(new TableColumn($"[grey]{Markup.Escape(heading)}[/]")
                {
                    Alignment = Words.Contains(heading) ? Justify.Left : Justify.Right,
                    Padding = new Padding(0, 0, heading == Headings[^1] ? 0 : 1, 0),
                    NoWrap = heading != Words[^1],
                });
            }

            foreach (PeerRow row in group)
                table.AddRow(Cells(row));
            console.Write(table);
            console.WriteLine();
        }
    }

    /// <summary>Prints why rows are empty.</summary>
    public static void WriteNotes(IAnsiConsole console, IReadOnlyList<PeerRow> rows)
    {
        foreach (var group in rows.Where(row => row.Note is not null).GroupBy(row => (row.Peer, row.Note)))
            console.MarkupLineInterpolated($"[yellow]{group.Key.Peer}: {group.Count()} rows not measured: {group.Key.Note}[/]");
    }

    private static string[] Cells(PeerRow row) =>
    [
        row.Device,
        Markup.Escape(row.Peer),
        Markup.Escape(row.Detail),
        Times(row.OursMilliseconds, row.OursTokensPerSecond),
        Times(row.PeerMilliseconds, row.PeerTokensPerSecond),
        Cell(row.Speedup, Figures.Number),
        row.Speedup is null ? "-" : $"{Cell(row.SpeedupLowerQuartile, Figures.Number)} … {Cell(row.SpeedupUpperQuartile, Figures.Number)}",
        Cell(row.MaxDifference, Figures.Error),
    ];

    private static string Times(double? milliseconds, double? tokens) =>
        Cell(milliseconds, Figures.Time) + (tokens is { } rate ? $", {Figures.Number(rate)} tokens/s" : "");

    private static string Cell(double? value, Func<double, string> format) => value is { } number ? format(number) : "-";
}
