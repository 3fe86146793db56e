using System.Globalization;
using System.Text;

namespace AttentionKernels.Bench;

/// <summary>The rows as comma-separated values, a heading first; nothing stands for what does not apply.</summary>
internal static class CsvTable
{
    /// <summary>The text.</summary>
    public static string Of(BenchReport report)
    {
        var text = new StringBuilder(
            "device,operation,shape,variant,dataType,cache,schedule,medianMs,lowerQuartileMs,upperQuartileMs,samples,steady,gflops,gbps,"
            + "percentOfCeiling,ceiling,operations,bytes,workspaceBytes,maxError,errorBound,verified,note,peakMemoryBytes,deviceMs,machine\n");
        foreach (BenchRow row in report.Rows)
        {
            object?[] cells =
            [
                row.Device, row.Operation, row.Shape, row.Variant, row.DataType, row.Cache, row.Schedule, row.MedianMilliseconds,
                row.LowerQuartileMilliseconds, row.UpperQuartileMilliseconds, row.Samples.Count, row.Steady, row.GigaflopsPerSecond,
                row.GigabytesPerSecond, row.PercentOfCeiling, row.Ceiling, row.Operations, row.Bytes, row.WorkspaceBytes,
                row.MaximumError, row.ErrorBound, row.Verified, row.Note, row.PeakMemoryBytes,
                row.DeviceMilliseconds, report.MachineOf(row.Device),
            ];
            text.AppendJoin(',', cells.Select(Cell)).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(object? value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
