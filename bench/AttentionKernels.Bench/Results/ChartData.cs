using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using AttentionKernels.Samples.CompareVariants;

namespace AttentionKernels.Bench;

/// <summary>What the charts of a page are drawn from.</summary>
/// <param name="Devices">The devices.</param>
/// <param name="Rows">The rows.</param>
internal sealed record ChartData(IReadOnlyList<MeasuredDevice> Devices, IReadOnlyList<ChartRow> Rows)
{
    /// <summary>What is in a report.</summary>
    public static ChartData Of(BenchReport report)
    {
        Dictionary<string, int> groups = report.Groups.Index().ToDictionary(group => group.Item.Title, group => group.Index);
        return new ChartData(report.Devices, [.. report.Rows.Select(row => ChartRow.Of(row, groups[GroupTable.TitleOf(row)]))]);
    }

    /// <summary>As JSON that may stand in a <c>script</c> element: every character that HTML knows is escaped.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ChartJson.Default.ChartData);
}

/// <summary>A row in a chart.</summary>
/// <param name="Group">The place of its group in the report.</param>
/// <param name="Family">What rows have in common that differ in their length alone: operation, and shape without it.</param>
/// <param name="Length">How many keys there are, or tokens; none where nothing is a length.</param>
/// <param name="Row">The row, without its samples.</param>
internal sealed partial record ChartRow(int Group, string? Family, int? Length, BenchRow Row)
{
    /// <summary>Makes one.</summary>
    public static ChartRow Of(BenchRow row, int group)
    {
        Match length = LengthPattern().Match(row.Shape);
        string family = $"{row.Operation} · {row.Shape.Remove(length.Index, length.Length)}";
        BenchRow figures = row with { Samples = [], Yardstick = [] };
        return int.TryParse(length.Groups["length"].Value, out int number)
            ? new ChartRow(group, family, number, figures)
            : new ChartRow(group, null, null, figures);
    }

    // The keys of "heads=32/8 queries=1 keys=4096 dim=128", the tokens of "1024 × 4096".
    [GeneratedRegex(@"\bkeys=(?<length>[0-9]+) |^(?<length>[0-9]+) × ")]
    private static partial Regex LengthPattern();
}

/// <summary>How they become JSON, without a blank too many.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(FiniteNumberConverter)])]
[JsonSerializable(typeof(ChartData))]
internal sealed partial class ChartJson : JsonSerializerContext;
