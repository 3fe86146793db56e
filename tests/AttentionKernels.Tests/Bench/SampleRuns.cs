using AttentionKernels.Bench;
using AttentionKernels.Problems;

namespace AttentionKernels.Tests.Bench;

/// <summary>Runs that nobody measured.</summary>
internal static class SampleRuns
{
    /// <summary>A run of some rows, on a processor by its two devices.</summary>
    public static BenchRun Run(params IReadOnlyList<BenchRow> rows) => new()
    {
        Started = new DateTimeOffset(2026, 11, 29, 7, 0, 0, TimeSpan.Zero),
        Complete = true,
        Arguments = ["quick"],
        Machine = new Machine("Linux", "A processor", 2, 1 << 25, 1L << 33, ".NET 10", "0.1.0+abc"),
        Devices =
        [
            new MeasuredDevice("cpu:0", "Managed CPU", ".NET 10", 1L << 33, new DeviceCeilings(50, 40, 400, 0.5, 1)),
            new MeasuredDevice("opencl:0", "A processor", "PoCL", 1L << 33, new DeviceCeilings(50, 40, 400, 5, 50)),
        ],
        Rows = rows,
    };

    /// <summary>A row that was timed and is right.</summary>
    public static BenchRow Row(string device, string variant, double milliseconds) => new()
    {
        Device = device,
        Operation = "decode",
        Shape = "heads=1 keys=2 dim=8",
        Variant = variant,
        IsChoice = true,
        DataType = "fp32",
        Cache = CacheState.Cold,
        Schedule = "Vector",
        MedianMilliseconds = milliseconds,
        LowerQuartileMilliseconds = milliseconds - 0.5,
        UpperQuartileMilliseconds = milliseconds + 0.5,
        Samples = [milliseconds - 1, milliseconds, milliseconds + 1],
        Yardstick = [3, 4, 5],
        Steady = true,
        Operations = 1e7,
        Bytes = 5e7,
        GigaflopsPerSecond = 10 / milliseconds,
        GigabytesPerSecond = 50 / milliseconds,
        PercentOfCeiling = 40,
        Ceiling = "read",
        PeakMemoryBytes = 3072,
        MaximumError = 0.5,
        ErrorBound = 1,
        Verified = true,
    };
}
