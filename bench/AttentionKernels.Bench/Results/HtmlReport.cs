using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using Plotly.NET;

namespace AttentionKernels.Bench;

/// <summary>
/// A report as one page that needs no network: verdicts and tables as HTML, and charts that a script of ours (<c>Page/report.js</c>) has
/// plotly.js draw. The page says by its policy that nothing may be loaded.
/// </summary>
internal static class HtmlReport
{
    // It is 3.6 MB of a page of 3.7: the price of axes and hovering that were tried in all browsers.
    private static readonly Lazy<string> _plotly =
        new(() => Read(typeof(Chart).Assembly, $"Plotly.NET.plotly-{Globals.PLOTLYJS_VERSION}.min.js"));

    private static readonly Lazy<string> _style = new(() => Read(typeof(HtmlReport).Assembly, "report.css"));

    private static readonly Lazy<string> _script = new(() => Read(typeof(HtmlReport).Assembly, "report.js"));

    /// <summary>Writes the page.</summary>
    public static void Write(Stream stream, BenchReport report)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        writer.Write(Of(report, _plotly.Value));
    }

    /// <summary>The page.</summary>
    /// <param name="report">What it shows.</param>
    /// <param name="library">The text of plotly.js.</param>
    public static string Of(BenchReport report, string library)
    {
        var body = new StringBuilder();
        AppendHead(body, report);
        foreach ((int index, GroupTable group) in report.Groups.Index())
            AppendGroup(body, group, index);
        foreach (ReplayTable table in report.Replays)
        {
            body.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{Escape(ReplayTable.Title)}</h2>\n");
            AppendTable(body, table.Headings, table.Lines, ReplayTable.WordColumns);
            body.Append("</section>\n");
        }

        body.Append(CultureInfo.InvariantCulture, $"<footer><p>{Escape(ReportWords.Key)}</p></footer>\n");
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy"
              content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
            <title>AttentionKernels: {Escape(ReportWords.TitleOf(report))}</title>
            <style>
            {_style.Value}</style>
            </head>
            <body>
            {body}<script type="application/json" id="data">{ChartData.Of(report).ToJson()}</script>
            <script>{library}</script>
            <script>
            {_script.Value}</script>
            </body>
            </html>

            """;
    }

    private static void AppendHead(StringBuilder body, BenchReport report)
    {
        body.Append(CultureInfo.InvariantCulture, $"<header>\n<h1>{Escape(ReportWords.TitleOf(report))}</h1>\n");
        foreach (ReportedRun run in report.Runs)
            body.Append(CultureInfo.InvariantCulture, $"<p>{Escape(ReportWords.MachineOf(run))}</p>\n");
        if (!report.Complete)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"alert\">{Escape(ReportWords.Incomplete)}</p>\n");
        body.Append("<noscript><p>Charts need JavaScript; the tables have all numbers.</p></noscript>\n</header>\n");
        body.Append("<section>\n<h2>Verdicts</h2>\n<ul>\n");
        foreach ((int index, GroupTable group) in report.Groups.Index())
        {
            string alert = group.Remarks.Count > 0 ? $" <span class=\"alert\">{group.Remarks.Count} wrong or not run.</span>" : "";
            body.Append(
                CultureInfo.InvariantCulture,
                $"<li><a href=\"#group-{index}\">{Escape(group.Title)}</a><br>{Escape(group.Conclusion)}{alert}</li>\n");
        }

        body.Append("</ul>\n</section>\n<section>\n<h2>What the devices can do at most</h2>\n");
        AppendTable(body, ReportWords.DeviceHeadings, report.Devices.Select(ReportWords.CellsOf), ReportWords.DeviceWordColumns);
        foreach (string remark in ReportWords.RemarksOf(report.Devices))
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"alert\">{Escape(remark)}</p>\n");
        body.Append("</section>\n");
        AppendCharts(
            body, "Roofline", "roofline", "Rows whose operations are counted. From memory (filled), they lie below the slope of what the "
            + "device reads; from a warm cache (open), they may lie above it.");
        AppendCharts(
            body, "Against length", "length", "Rows of the same operation and sizes but for their keys or tokens, which the suite "
            + "'lengths' measures, or several --shape.");
    }

    private static void AppendCharts(StringBuilder body, string title, string kind, string remark) => body.Append(
        CultureInfo.InvariantCulture,
        $"<section>\n<h2>{Escape(title)}</h2>\n<p>{Escape(remark)}</p>\n<div class=\"charts\" data-charts=\"{kind}\"></div>\n</section>\n");

    private static void AppendGroup(StringBuilder body, GroupTable group, int index)
    {
        body.Append(CultureInfo.InvariantCulture, $"<section id=\"group-{index}\">\n<h2>{Escape(group.Title)}</h2>\n");
        body.Append(CultureInfo.InvariantCulture, $"<p class=\"verdict\">{Escape(group.Conclusion)}</p>\n");
        foreach (string remark in group.Remarks)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"alert\">{Escape(remark)}</p>\n");
        body.Append(CultureInfo.InvariantCulture, $"<div class=\"charts\" data-charts=\"group\" data-group=\"{index}\"></div>\n");
        AppendTable(body, group.Headings, group.Lines, group.WordColumns);
        body.Append("</section>\n");
    }

    private static void AppendTable(
        StringBuilder body, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> lines, int wordColumns)
    {
        body.Append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\">\n<table>\n<thead><tr>");
        foreach ((int column, string heading) in headings.Index())
            body.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{ClassOf(column, heading)}>{Escape(heading)}</th>");
        body.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> line in lines)
        {
            body.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\"{ClassOf(0, line[0])}>{Escape(line[0])}</th>");
            foreach ((int column, string cell) in line.Index().Skip(1))
                body.Append(CultureInfo.InvariantCulture, $"<td{ClassOf(column, cell)}>{Escape(cell)}</td>");
            body.Append("</tr>\n");
        }

        body.Append("</tbody>\n</table>\n</div>\n");

        string ClassOf(int column, string cell) =>
            column < wordColumns ? " class=\"word\"" : GroupTable.IsAlarming(cell) ? " class=\"alert\"" : "";
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
