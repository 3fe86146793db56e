using System.Text.Json.Serialization;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Which rate tells how fast an operation is.</summary>
internal enum Throughput
{
    /// <summary>Floating-point operations a second: the operation is bound by arithmetic.</summary>
    Arithmetic,

    /// <summary>Bytes a second: the operation is bound by memory.</summary>
    Bandwidth,
}

/// <summary>
/// One measurement: a variant of an operation, on one device, for one shape. Numbers that do not apply are <see langword="null"/>.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Operation">The operation, such as <c>attention</c>.</param>
/// <param name="Variant">The variant; one whose name begins with "naive" is what the others are compared with.</param>
/// <param name="Schedule">How the kernel uses the device.</param>
/// <param name="Shape">The sizes of the operands.</param>
/// <param name="MedianMilliseconds">The median time of a run.</param>
/// <param name="GigaflopsPerSecond">10⁹ floating-point operations a second.</param>
/// <param name="GigabytesPerSecond">10⁹ bytes a second.</param>
/// <param name="ExtraBytes">Device memory that the variant needs besides the operands.</param>
/// <param name="MaximumError">The largest difference from the oracle.</param>
/// <param name="ErrorBound">The largest difference that is allowed.</param>
/// <param name="Verified">Whether the result was compared with the oracle and found to be within the bound.</param>
internal sealed record ComparisonRow(
    string Device,
    string Operation,
    string Variant,
    string Schedule,
    string Shape,
    [property: JsonPropertyName("medianMs")] double? MedianMilliseconds,
    [property: JsonPropertyName("gflops")] double? GigaflopsPerSecond,
    [property: JsonPropertyName("gbps")] double? GigabytesPerSecond,
    long? ExtraBytes,
    [property: JsonPropertyName("maxError")] double? MaximumError,
    double? ErrorBound,
    bool Verified)
{
    /// <summary>How numbers are stored: of pages, those of keys and values.</summary>
    public string DataType { get; init; } = "fp32";

    /// <summary>Where the operands come from.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<CacheState>))]
    public CacheState Cache { get; init; } = CacheState.Warm;

    /// <summary>A quarter of the times of a run is below it.</summary>
    [JsonPropertyName("lowerQuartileMs")]
    public double? LowerQuartileMilliseconds { get; init; }

    /// <summary>A quarter of the times of a run is above it.</summary>
    [JsonPropertyName("upperQuartileMs")]
    public double? UpperQuartileMilliseconds { get; init; }

    /// <summary>How many times there are.</summary>
    public int Samples { get; init; }

    /// <summary>Why the variant could not run or failed verification, or what else a reader should know.</summary>
    [JsonIgnore]
    public string? Note { get; init; }

    /// <summary>The rate to show where there is room for one.</summary>
    [JsonIgnore]
    public Throughput Throughput { get; init; }

    /// <summary>The value of that rate; <see langword="null"/> where there is none to show.</summary>
    [JsonIgnore]
    public double? Rate =>
        (Throughput == Throughput.Arithmetic ? GigaflopsPerSecond : GigabytesPerSecond) is > 0 and < double.PositiveInfinity and { } rate
            ? rate
            : null;

    /// <summary>The variant with its type and cache, which tell it from all others of its operation and shape.</summary>
    [JsonIgnore]
    public string Name => $"{Variant}, {DataType}, {(Cache == CacheState.Cold ? "cold" : "warm")}";

    /// <summary>Whether the rows of its operation and shape compute the same, so that one may be taken for another.</summary>
    [JsonIgnore]
    public bool IsChoice { get; init; }

    /// <summary>Whether the other variants are compared with this row.</summary>
    [JsonIgnore]
    public bool IsNaive => Variant.StartsWith("naive", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the variant ran at all. What gave a wrong result was not timed.</summary>
    [JsonIgnore]
    public bool HasRun => MaximumError is not null;
}
