using AttentionKernels.Samples.Pictures;
using ScottPlot;

namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>Draws the findings: two panels side by side, and so on below each other.</summary>
internal static class FindingPicture
{
    private const int PanelHeight = 360, Columns = 2;

    /// <summary>Draws the picture into a PNG file, whose folder is made if need be.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(FileInfo file, IReadOnlyList<Finding> findings)
    {
        var picture = new Picture(
            "Where each norm breaks",
            "A norm at 0 does not break. Errors and changes are root mean squares. Where lines meet, the first one is the widest.",
            [.. Enum.GetValues<Norm>().Select(norm => Description(norm, findings))]);
        foreach (Finding[] row in findings.Chunk(Columns))
            picture.AddPanels(PanelHeight, [.. row.Select(finding => (Action<Plot>)(plot => FindingPanel.Draw(plot, finding)))]);
        picture.Save(file);
    }

    // What the comparisons are is said by the findings that have one.
    private static string Description(Norm norm, IReadOnlyList<Finding> findings) => norm != Norm.Comparison ? norm.Description()
        : "for comparison: " + string.Join("; ",
            findings.SelectMany(finding => finding.Lines).Where(line => line.Norm == norm).Select(line => line.Heading));
}
