using System.Globalization;
using System.Text;

namespace AttentionKernels.Tests.Architecture;

/// <summary>The figures as text: a table first, and then for each figure a heading with its name and the places that it counts.</summary>
internal static class HouseReport
{
    /// <summary>Writes the report.</summary>
    public static string Text(IReadOnlyList<HouseFigure> figures, IReadOnlyList<HouseLimit> limits)
    {
        var text = new StringBuilder();
        text.AppendLine(Row("figure", "today", "ceiling", "goal", string.Empty));
        foreach (HouseFigure figure in figures)
        {
            HouseLimit? limit = limits.FirstOrDefault(limit => limit.Figure == figure.Name);
            text.AppendLine(Row(figure.Name, Number(figure.Value), Number(limit?.Ceiling), Number(limit?.Goal), Remark(figure.Value, limit)));
        }

        foreach (HouseFigure figure in figures)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {figure.Name}");
            foreach (string place in figure.Places)
                text.AppendLine(place);
        }

        return text.ToString();
    }

    private static string Row(string name, string today, string ceiling, string goal, string remark) =>
        $"{name,-26}{today,8}{ceiling,9}{goal,7}  {remark}".TrimEnd();

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Remark(int today, HouseLimit? limit) =>
        limit is null ? "has no limit"
        : today > limit.Ceiling ? "ABOVE ITS CEILING"
        : today <= limit.Goal ? "reached"
        : string.Empty;
}
