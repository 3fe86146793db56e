using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>The rows as a JSON array, for programs to read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, Converters = [typeof(FiniteNumberConverter)])]
[JsonSerializable(typeof(IReadOnlyList<ComparisonRow>))]
internal sealed partial class ComparisonJson : JsonSerializerContext
{
    /// <summary>Writes the rows to a file, whose folder is made if need be.</summary>
    public static void Write(FileInfo file, IReadOnlyList<ComparisonRow> rows)
    {
        file.Directory?.Create();
        using FileStream stream = file.Create();
        JsonSerializer.Serialize(stream, rows, Default.IReadOnlyListComparisonRow);
    }

    // JSON has no NaN and no infinity: an error that is not a number is one that could not be measured.
    private sealed class FiniteNumberConverter : JsonConverter<double?>
    {
        public override double? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? null : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double? value, JsonSerializerOptions options)
        {
            if (value is { } number && double.IsFinite(number))
                writer.WriteNumberValue(number);
            else
                writer.WriteNullValue();
        }
    }
}
