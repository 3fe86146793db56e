using System.Globalization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>What all forms of a report say in the same words: its title, its machines, and what devices can do at most.</summary>
internal static class ReportWords
{
    /// <summary>Said of what has not been measured to the end.</summary>
    public const string Incomplete = "Not complete: it was stopped, or is not over yet.";

    /// <summary>How to read the tables.</summary>
    public const string Key =
        "Medians and quartiles of a run that is waited for. Cold: copies of the operands take turns, twice the last cache together. "
        + "Warm: the same operands each time. ~: had not come to rest. Of ceiling: of what the device reads, copies or multiplies and "
        + "adds at most, measured in the same run.";

    /// <summary>The columns of <see cref="CellsOf"/>.</summary>
    public static IReadOnlyList<string> DeviceHeadings { get; } =
        ["Device", "Name", "Driver", "Read, GB/s", "Copy, GB/s", "FMA, GFLOP/s", "Tensor, GFLOP/s", "Launch, µs", "Round trip, µs"];

    /// <summary>How many of them, the first ones, are words.</summary>
    public const int DeviceWordColumns = 3;

    /// <summary>A device, and what it can do at most.</summary>
    public static string[] CellsOf(MeasuredDevice device) =>
    [
        device.Selector, device.Name, device.Driver, Figures.Number(device.Ceilings.ReadGigabytesPerSecond),
        Figures.Number(device.Ceilings.CopyGigabytesPerSecond), Figures.Number(device.Ceilings.FmaGigaflopsPerSecond),
        device.Ceilings.TensorGigaflopsPerSecond is { } tensor ? Figures.Number(tensor) : "-",
        Figures.Number(device.Ceilings.LaunchMicroseconds), Figures.Number(device.Ceilings.RoundTripMicroseconds),
    ];

    /// <summary>What is wrong with devices, a line each.</summary>
    public static IEnumerable<string> RemarksOf(IEnumerable<MeasuredDevice> devices) =>
        devices.Where(device => device.Note is not null).Select(device => $"{device.Selector}: no ceilings: {device.Note}");

    /// <summary>What the report is.</summary>
    public static string TitleOf(BenchReport report) => report.IsComparison
        ? string.Create(CultureInfo.InvariantCulture, $"{report.Runs.Count} runs side by side")
        : string.Create(CultureInfo.InvariantCulture, $"Measured on {report.Runs[0].Run.Started:yyyy-MM-dd HH:mm} UTC");

    /// <summary>What a run ran on, and, where there are several, when and in which file it is.</summary>
    public static string MachineOf(ReportedRun run)
    {
        Machine machine = run.Run.Machine;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.Processors} threads, {machine.OperatingSystem}, {machine.Runtime}, AttentionKernels "
            + $"{machine.Library}");
        return run.Label.Length == 0
            ? $"{text}."
            : string.Create(CultureInfo.InvariantCulture, $"{run.Label}: {text}, {run.Run.Started:yyyy-MM-dd HH:mm} UTC ({run.Source}).");
    }
}
