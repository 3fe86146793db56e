using System.Globalization;
using System.Text;

namespace AttentionKernels.Bench;

/// <summary>A report as Markdown.</summary>
internal static class MarkdownReport
{
    /// <summary>The text.</summary>
    public static string Of(BenchReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {ReportWords.TitleOf(report)}\n\n");
        foreach (ReportedRun run in report.Runs)
            text.Append(CultureInfo.InvariantCulture, $"{(report.IsComparison ? "- " : "")}{ReportWords.MachineOf(run)}\n");
        if (!report.Complete)
            text.Append(CultureInfo.InvariantCulture, $"\n**{ReportWords.Incomplete}**\n");
        text.Append('\n');
        AppendTable(text, ReportWords.DeviceHeadings, report.Devices.Select(ReportWords.CellsOf), ReportWords.DeviceWordColumns);
        foreach (string remark in ReportWords.RemarksOf(report.Devices))
            text.Append(CultureInfo.InvariantCulture, $"\n{remark}\n");
        foreach (GroupTable table in report.Groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {table.Title}\n\n");
            AppendTable(text, table.Headings, table.Lines, table.WordColumns);
            foreach (string line in (string[])[.. table.Remarks, table.Conclusion])
                text.Append(CultureInfo.InvariantCulture, $"\n{line}\n");
        }

        foreach (ReplayTable table in report.Replays)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {ReplayTable.Title}\n\n");
            AppendTable(text, table.Headings, table.Lines, ReplayTable.WordColumns);
        }

        return text.ToString();
    }

    private static void AppendTable(
        StringBuilder text, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> lines, int wordColumns)
    {
        AppendLine(headings);
        AppendLine([.. headings.Select((_, column) => column < wordColumns ? "---" : "---:")]);
        foreach (IReadOnlyList<string> line in lines)
            AppendLine(line);

        void AppendLine(IReadOnlyList<string> cells) =>
            text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }
}
