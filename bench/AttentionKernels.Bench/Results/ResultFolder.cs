using System.Text;

namespace AttentionKernels.Bench;

/// <summary>The files of a run. They are written anew after each group, so that what ends early leaves what it has.</summary>
/// <param name="folder">Where they lie; it is made if need be.</param>
internal sealed class ResultFolder(DirectoryInfo folder)
{
    /// <summary>The file of everything.</summary>
    public const string Json = "results.json";

    private const string Csv = "results.csv", Markdown = "report.md", Html = "report.html", Chart = "rates.png";

    /// <summary>The report that a browser shows.</summary>
    public FileInfo Page => new(Path.Combine(folder.FullName, Html));

    /// <summary>Writes all files of a run.</summary>
    /// <exception cref="IOException">One cannot be written.</exception>
    public void Write(BenchRun run)
    {
        folder.Create();
        Replace(Json, run.Write);
        Write(BenchReport.Of(run));
    }

    /// <summary>Writes what a report has, of whichever runs.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(BenchReport report)
    {
        folder.Create();
        Replace(Csv, stream => stream.Write(Encoding.UTF8.GetBytes(CsvTable.Of(report))));
        Replace(Markdown, stream => stream.Write(Encoding.UTF8.GetBytes(MarkdownReport.Of(report))));
        Replace(Html, stream => HtmlReport.Write(stream, report));
    }

    /// <summary>Draws the rates, once, at the end: that takes a second.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Draw(BenchReport report) => BenchChart.Write(new FileInfo(Path.Combine(folder.FullName, Chart)), report);

    // A file is there whole or not at all, whenever the process ends.
    private void Replace(string name, Action<Stream> write)
    {
        string file = Path.Combine(folder.FullName, name), next = file + ".new";
        using (FileStream stream = File.Create(next))
            write(stream);
        File.Move(next, file, overwrite: true);
    }
}
