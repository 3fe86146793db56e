using ScottPlot;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Draws the rows: a heading with the colour of each device, and below it a panel for each rate.</summary>
internal static class ComparisonPlot
{
    /// <summary>The width of the picture in pixels.</summary>
    public const int Width = 1200;

    /// <summary>The distance of the text from the left edge.</summary>
    public const int Margin = 24;

    private const int TitleHeight = 100, LegendLineHeight = 26, LegendGap = 20;

    /// <summary>The colour of what is to be read first.</summary>
    public static readonly Color Ink = Color.FromHex("#24292F");

    /// <summary>The colour of explanations.</summary>
    public static readonly Color Muted = Color.FromHex("#6E7781");

    /// <summary>Colours that stay apart for the colour-blind too.</summary>
    private static readonly Color[] Palette =
        [.. new[] { "#2E6FB7", "#E69F00", "#2A9D74", "#B65A9C", "#56B4E9", "#8C6D46" }.Select(Color.FromHex)];

    /// <summary>Draws the picture into a PNG file, whose folder is made if need be.</summary>
    public static void Write(FileInfo file, IReadOnlyList<ComparisonRow> rows)
    {
        EmbeddedFontResolver.Install();
        Dictionary<string, Color> colors = rows.Select(row => row.Device).Distinct()
            .Select((device, index) => (device, color: Palette[index % Palette.Length]))
            .ToDictionary(pair => pair.device, pair => pair.color);
        var picture = new Multiplot();
        var heights = new List<int> { DrawHeading(picture.Subplots.GetPlot(0), colors) };
        foreach (IGrouping<Throughput, ComparisonRow> panel in rows.GroupBy(row => row.Throughput).OrderBy(panel => panel.Key))
            heights.Add(ThroughputPanel.Draw(picture.AddPlot(), panel.Key, ComparisonGroup.Of(panel), colors));

        picture.Layout = new Stack(heights);
        file.Directory?.Create();
        picture.SavePng(file.FullName, Width, heights.Sum());
    }

    /// <summary>Adds text whose left or right end, by the alignment, lies at a point.</summary>
    public static void AddText(Plot plot, string text, double x, double y, Color color, float size, Alignment alignment = Alignment.MiddleLeft)
    {
        ScottPlot.Plottables.Text label = plot.Add.Text(text, x, y);
        label.LabelFontColor = color;
        label.LabelFontSize = size;
        label.LabelAlignment = alignment;
    }

    // The plot's coordinates are pixels, so that text stands where a page would have it.
    private static int DrawHeading(Plot plot, Dictionary<string, Color> colors)
    {
        int height = TitleHeight + colors.Count * LegendLineHeight + LegendGap;
        plot.Layout.Frameless();
        plot.HideGrid();
        plot.Axes.SetLimits(0, Width, -height, 0);
        AddText(plot, "Every variant on every device", Margin, -38, Ink, 28);
        AddText(plot, "Longer bars are faster, on a logarithmic scale. 2.5× is two and a half times as fast as naive on the same device.",
            Margin, -74, Muted, 15);
        double y = -TitleHeight - LegendLineHeight / 2.0;
        foreach ((string device, Color color) in colors)
        {
            ScottPlot.Plottables.Rectangle swatch = plot.Add.Rectangle(Margin, Margin + 24, y - 7, y + 7);
            swatch.FillColor = color;
            swatch.LineWidth = 0;
            AddText(plot, device, Margin + 34, y, Ink, 15);
            y -= LegendLineHeight;
        }
        return height;
    }

    /// <summary>Puts panels of given heights one below the other.</summary>
    private sealed class Stack(List<int> heights) : IMultiplotLayout
    {
        public PixelRect[] GetSubplotRectangles(SubplotCollection subplots, PixelRect figureRect)
        {
            var rectangles = new PixelRect[heights.Count];
            float top = figureRect.Top;
            for (int panel = 0; panel < heights.Count; panel++)
            {
                rectangles[panel] = new PixelRect(figureRect.Left, figureRect.Right, top + heights[panel], top);
                top += heights[panel];
            }
            return rectangles;
        }
    }
}
