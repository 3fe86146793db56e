using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>All that is known of a run, for programs to read.</summary>
/// <param name="Device">Where it ran.</param>
/// <param name="Serving">What serving was like.</param>
/// <param name="Requests">What became of each request.</param>
internal sealed record ServingReport(string Device, ServingRecord Serving, IReadOnlyList<RequestRecord> Requests);

/// <summary>The report as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ServingReport))]
internal sealed partial class ServingJson : JsonSerializerContext
{
    /// <summary>Writes a report to a file, whose folder is made if need be.</summary>
    public static void Write(FileInfo file, ServingReport report)
    {
        file.Directory?.Create();
        using FileStream stream = file.Create();
        JsonSerializer.Serialize(stream, report, Default.ServingReport);
    }
}
