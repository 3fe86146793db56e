using System.Globalization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>Draws a report as CompareVariants draws its rows: the rates of all, devices side by side.</summary>
internal static class BenchChart
{
    /// <summary>Draws into a PNG file what has a rate, or nothing where nothing has.</summary>
    public static void Write(FileInfo file, BenchReport report)
    {
        ComparisonRow[] rows =
        [
            .. report.Rows.Where(row => row.GigabytesPerSecond is not null || !row.Verified).Select(row => Draw(report, row)),
        ];
        if (rows.Length > 0)
        {
            BenchRun run = report.Runs[0].Run;
            ComparisonPlot.Write(file, rows, report.IsComparison ? ReportWords.TitleOf(report) : string.Create(
                CultureInfo.InvariantCulture, $"{run.Machine.Processor}, {run.Machine.Processors} threads, {run.Started:yyyy-MM-dd}"));
        }
    }

    private static ComparisonRow Draw(BenchReport report, BenchRow row)
    {
        MeasuredDevice device = report.Devices.Single(device => device.Selector == row.Device);
        DeviceCeilings ceilings = device.Ceilings;
        string name = $"{device.Selector} {device.Name}: {Figures.Number(ceilings.FmaGigaflopsPerSecond)} GFLOP/s, "
            + $"{Figures.Number(ceilings.ReadGigabytesPerSecond)} GB/s read, {Figures.Number(ceilings.CopyGigabytesPerSecond)} GB/s "
            + "copied at most";
        return new ComparisonRow(
            name, row.Operation, row.Variant, row.Schedule ?? "", row.Shape,
            row.MedianMilliseconds, row.GigaflopsPerSecond, row.GigabytesPerSecond, row.WorkspaceBytes, row.MaximumError,
            row.ErrorBound, row.Verified)
        {
            DataType = row.DataType,
            Cache = row.Cache,
            Note = row.Note,
            Throughput = row.Ceiling is "FMA" or "tensor" || row.Operation == "prefill" ? Throughput.Arithmetic : Throughput.Bandwidth,
        };
    }
}
