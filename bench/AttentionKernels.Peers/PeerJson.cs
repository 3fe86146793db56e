using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Peers;

/// <summary>The rows as a JSON array, for programs to read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, Converters = [typeof(FiniteNumberConverter)])]
[JsonSerializable(typeof(IReadOnlyList<PeerRow>))]
internal sealed partial class PeerJson : JsonSerializerContext
{
    /// <summary>Writes the rows to a file, whose folder is made if need be.</summary>
    public static void Write(FileInfo file, IReadOnlyList<PeerRow> rows)
    {
        file.Directory?.Create();
        using FileStream stream = file.Create();
        JsonSerializer.Serialize(stream, rows, Default.IReadOnlyListPeerRow);
    }
}
