using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Writes a number that is not finite as null: JSON has no NaN and no infinity, and such a number could not be measured.</summary>
internal sealed class FiniteNumberConverter : JsonConverter<double?>
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
