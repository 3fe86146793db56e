using System.Globalization;
using System.Text;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>The files of a run. They are written anew after each group, so that what ends early leaves what it has.</summary>
/// <param name="folder">Where they lie; it is made if need be.</param>
internal sealed class ResultFolder(DirectoryInfo folder)
{
    private const string Json = "results.json", Csv = "results.csv", Report = "report.md", Chart = "rates.png";

    /// <summary>Writes all files.</summary>
    /// <exception cref="IOException">One cannot be written.</exception>
    public void Write(BenchRun run)
    {
        folder.Create();
        Replace(Json, stream => run.Write(stream));
        Replace(Csv, stream => stream.Write(Encoding.UTF8.GetBytes(CsvOf(run))));
        Replace(Report, stream => stream.Write(Encoding.UTF8.GetBytes(ReportOf(run))));
    }

    /// <summary>Draws the rates, once, at the end: that takes a second.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Draw(BenchRun run) => BenchChart.Write(new FileInfo(Path.Combine(folder.FullName, Chart)), run);

    /// <summary>The rows as comma-separated values, a heading first; nothing stands for what does not apply.</summary>
    public static string CsvOf(BenchRun run)
    {
        var text = new StringBuilder(
            "device,operation,shape,variant,dataType,cache,schedule,medianMs,lowerQuartileMs,upperQuartileMs,samples,steady,gflops,gbps,"
            + "percentOfCeiling,ceiling,workspaceBytes,maxError,errorBound,verified,note,peakMemoryBytes,deviceMs\n");
        foreach (BenchRow row in run.Rows)
        {
            object?[] cells =
            [
                row.Device, row.Operation, row.Shape, row.Variant, row.DataType, row.Cache, row.Schedule, row.MedianMilliseconds,
                row.LowerQuartileMilliseconds, row.UpperQuartileMilliseconds, row.Samples.Count, row.Steady, row.GigaflopsPerSecond,
                row.GigabytesPerSecond, row.PercentOfCeiling, row.Ceiling, row.WorkspaceBytes, row.MaximumError, row.ErrorBound, row.Verified,
                row.Note, row.PeakMemoryBytes, row.DeviceMilliseconds,
            ];
            text.AppendJoin(',', cells.Select(CsvCell)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The run as Markdown.</summary>
    public static string ReportOf(BenchRun run)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Measured on {run.Started:yyyy-MM-dd HH:mm} UTC\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{run.Machine.Processor}, {run.Machine.Processors} threads, {run.Machine.OperatingSystem}, ");
        text.Append(CultureInfo.InvariantCulture, $"{run.Machine.Runtime}, AttentionKernels {run.Machine.Library}.\n");
        if (!run.Complete)
            text.Append("\n**Not complete**: it was stopped, or is not over yet.\n");
        text.Append('\n');
        AppendTable(
            text, ["Device", "Name", "Driver", "Read, GB/s", "Copy, GB/s", "FMA, GFLOP/s", "Tensor, GFLOP/s", "Launch, µs", "Round trip, µs"],
            run.Devices.Select(device => (string[])
            [
                device.Selector, device.Name, device.Driver, Figures.Number(device.Ceilings.ReadGigabytesPerSecond),
                Figures.Number(device.Ceilings.CopyGigabytesPerSecond), Figures.Number(device.Ceilings.FmaGigaflopsPerSecond),
                device.Ceilings.TensorGigaflopsPerSecond is { } tensor ? Figures.Number(tensor) : "-",
                Figures.Number(device.Ceilings.LaunchMicroseconds), Figures.Number(device.Ceilings.RoundTripMicroseconds),
            ]));
        foreach (MeasuredDevice device in run.Devices.Where(device => device.Note is not null))
            text.Append(CultureInfo.InvariantCulture, $"\n{device.Selector}: no ceilings: {device.Note}\n");
        foreach (var group in run.Rows.GroupBy(row => (row.Operation, row.Shape)))
        {
            var table = new GroupTable([.. group]);
            text.Append(CultureInfo.InvariantCulture, $"\n## {table.Title}\n\n");
            AppendTable(text, table.Headings, table.Lines);
            foreach (string line in (string[])[.. table.Remarks, table.Conclusion])
                text.Append(CultureInfo.InvariantCulture, $"\n{line}\n");
        }

        if (run.Replay is { } replay)
        {
            var table = new ReplayTable(replay);
            text.Append(CultureInfo.InvariantCulture, $"\n## {ReplayTable.Title}\n\n");
            AppendTable(text, table.Headings, table.Lines);
        }

        return text.ToString();
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<string> headings, IEnumerable<string[]> lines)
    {
        AppendLine(headings);
        AppendLine([.. headings.Select((_, column) => column < GroupTable.WordColumns ? "---" : "---:")]);
        foreach (string[] line in lines)
            AppendLine(line);

        void AppendLine(IReadOnlyList<string> cells) =>
            text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    private static string CsvCell(object? value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    // A file is there whole or not at all, whenever the process ends.
    private void Replace(string name, Action<Stream> write)
    {
        string file = Path.Combine(folder.FullName, name), next = file + ".new";
        using (FileStream stream = File.Create(next))
            write(stream);
        File.Move(next, file, overwrite: true);
    }
}
