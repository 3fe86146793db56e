using System.Text.Json.Serialization;

namespace AttentionKernels.Bench;

/// <summary>A measurement: a way to compute something, on one device. What does not apply is <see langword="null"/>.</summary>
internal sealed record BenchRow
{
    /// <summary>The device's selector.</summary>
    public required string Device { get; init; }

    /// <summary>What is computed.</summary>
    public required string Operation { get; init; }

    /// <summary>Its sizes.</summary>
    public required string Shape { get; init; }

    /// <summary>How it is computed.</summary>
    public required string Variant { get; init; }

    /// <summary>Whether the rows of its operation and shape compute the same, so that one may be taken for another.</summary>
    public bool IsChoice { get; init; }

    /// <summary>How numbers are stored: of pages, those of keys and values.</summary>
    public required string DataType { get; init; }

    /// <summary>Where the operands come from.</summary>
    public required CacheState Cache { get; init; }

    /// <summary>How the kernel uses the device, where there is a choice.</summary>
    public string? Schedule { get; init; }

    /// <summary>Half of the samples are below it.</summary>
    [JsonPropertyName("medianMs")]
    public double? MedianMilliseconds { get; init; }

    /// <summary>A quarter of the samples is below it.</summary>
    [JsonPropertyName("lowerQuartileMs")]
    public double? LowerQuartileMilliseconds { get; init; }

    /// <summary>A quarter of the samples is above it.</summary>
    [JsonPropertyName("upperQuartileMs")]
    public double? UpperQuartileMilliseconds { get; init; }

    /// <summary>The samples, in the order in which they were taken: the time of a run each.</summary>
    [JsonPropertyName("samplesMs")]
    public IReadOnlyList<double> Samples { get; init; } = [];

    /// <summary>The times of the <see cref="Yardstick"/>, each taken in the same turn.</summary>
    [JsonPropertyName("yardstickMs")]
    public IReadOnlyList<double> Yardstick { get; init; } = [];

    /// <summary>The time of a run by the device's own events, without the host's part; only CUDA has them.</summary>
    [JsonPropertyName("deviceMs")]
    public double? DeviceMilliseconds { get; init; }

    /// <summary>Whether times had come to rest before the first sample.</summary>
    public bool Steady { get; init; }

    /// <summary>The floating-point operations of a run, where they are counted.</summary>
    public double? Operations { get; init; }

    /// <summary>The bytes that a run reads and writes, each once, where they are counted.</summary>
    public double? Bytes { get; init; }

    /// <summary>10⁹ floating-point operations a second.</summary>
    [JsonPropertyName("gflops")]
    public double? GigaflopsPerSecond { get; init; }

    /// <summary>10⁹ bytes a second, inputs and outputs counted once.</summary>
    [JsonPropertyName("gbps")]
    public double? GigabytesPerSecond { get; init; }

    /// <summary>The share of the time in which the device could have done it, from 0 to 100.</summary>
    public double? PercentOfCeiling { get; init; }

    /// <summary>What it is a share of: <c>read</c>, <c>copy</c>, <c>FMA</c> or <c>tensor</c>.</summary>
    public string? Ceiling { get; init; }

    /// <summary>Device memory that is needed besides the operands.</summary>
    public long WorkspaceBytes { get; init; }

    /// <summary>The most device memory that was allocated for it while it was made ready and checked: one set of operands, workspace,
    /// and what it took on the way.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>The largest difference from the oracle.</summary>
    [JsonPropertyName("maxError")]
    public double? MaximumError { get; init; }

    /// <summary>The largest difference that is allowed.</summary>
    public double? ErrorBound { get; init; }

    /// <summary>Whether the result was compared with the oracle, and right.</summary>
    public bool Verified { get; init; }

    /// <summary>Why there is no time.</summary>
    public string? Note { get; init; }

    /// <summary>Beside the baseline, where there is one that has this row.</summary>
    public RowComparison? Baseline { get; init; }

    /// <summary>What is compared with another run.</summary>
    [JsonIgnore]
    public YardstickedSamples Measured => new(Samples, Yardstick);

    /// <summary>What tells a row from all others of a run.</summary>
    [JsonIgnore]
    public string Key => $"{Device} · {Operation} · {Shape} · {Variant} · {DataType} · {Cache}";
}

/// <summary>A row beside the same one of another run.</summary>
/// <param name="Ratio">Its median divided by the other one's: above 1, it is slower.</param>
/// <param name="Low">The lower end of the confidence interval of this ratio.</param>
/// <param name="High">The upper end.</param>
/// <param name="Machine">The ratio of the medians of the yardstick: above 1, the machine is slower.</param>
/// <param name="Verdict">What follows.</param>
internal sealed record RowComparison(double Ratio, double Low, double High, double Machine, Verdict Verdict);

/// <summary>What the comparison of two rows says.</summary>
internal enum Verdict
{
    /// <summary>No difference that is beyond noise.</summary>
    Same,

    /// <summary>Slower, beyond noise.</summary>
    Regression,

    /// <summary>Faster, beyond noise.</summary>
    Improvement,

    /// <summary>Slower or faster beyond noise, but so may be the machine.</summary>
    Unclear,
}
