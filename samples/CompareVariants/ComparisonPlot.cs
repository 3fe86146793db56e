using AttentionKernels.Samples.Pictures;
using ScottPlot;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Draws the rows: a heading with the colour of each device, and below it a panel for each rate.</summary>
internal static class ComparisonPlot
{
    /// <summary>Draws the picture into a PNG file, whose folder is made if need be.</summary>
    /// <param name="file">The file.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="title">What it shows, in a line.</param>
    public static void Write(FileInfo file, IReadOnlyList<ComparisonRow> rows, string title = "Every variant on every device")
    {
        string[] devices = [.. rows.Select(row => row.Device).Distinct()];
        var picture = new Picture(
            title,
            "Longer bars are faster, on a logarithmic scale. 2.5× is two and a half times as fast as naive on the same device.", devices);
        Dictionary<string, Color> colors = devices.Index().ToDictionary(device => device.Item, device => Picture.ColorOf(device.Index));
        foreach (IGrouping<Throughput, ComparisonRow> panel in rows.GroupBy(row => row.Throughput).OrderBy(panel => panel.Key))
            picture.AddPanel(plot => ThroughputPanel.Draw(plot, panel.Key, ComparisonGroup.Of(panel), colors));
        picture.Save(file);
    }
}
