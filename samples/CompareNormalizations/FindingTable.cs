using System.Globalization;
using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>Prints what an experiment has measured as a table, a row a step, and below it where each norm breaks.</summary>
/// <param name="console">Where it is printed.</param>
internal sealed class FindingTable(IAnsiConsole console)
{
    /// <summary>Prints a finding.</summary>
    public void Write(Finding finding)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{finding.Title}[/]: {finding.Measure.Name}");
        Table table = new Table().Border(TableBorder.Rounded).AddColumn(Column(finding.Points.Name));
        foreach (Line line in finding.Lines)
            table.AddColumn(Column(line.Heading));
        foreach ((int step, double point) in finding.Points.Values.Index())
        {
            IEnumerable<string> cells = finding.Lines.Select(line => Cell(line, step, finding.Measure));
            table.AddRow([point.ToString(CultureInfo.InvariantCulture), .. cells]);
        }

        console.Write(table);
        console.MarkupLineInterpolated($"{finding.Explanation}");
    }

    private static TableColumn Column(string heading) => new TableColumn(Markup.Escape(heading)).RightAligned();

    private static string Cell(Line line, int step, Measure measure) => line.Values[step] is not { } number ? line.Absent
        : number == 0 ? "0"
        : measure.Logarithmic || number < 1e-3 ? Figures.Error(number)
        : number.ToString("F3", CultureInfo.InvariantCulture);
}
