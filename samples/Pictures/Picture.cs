using ScottPlot;

namespace AttentionKernels.Samples.Pictures;

/// <summary>
/// A picture of rows of panels, one below the other: a heading with a legend, and whatever a sample draws below it. It looks the same on
/// every machine: all text has the font that lies in this assembly.
/// </summary>
public sealed class Picture
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

    /// <summary>The colour of lines that help the eye.</summary>
    public static readonly Color GridLine = Color.FromHex("#E3E7EB");

    private static readonly Color[] _palette =
        [.. new[] { "#2E6FB7", "#E69F00", "#2A9D74", "#B65A9C", "#56B4E9", "#8C6D46" }.Select(Color.FromHex)];

    private readonly Multiplot panels = new();
    private readonly List<Row> rows = [];

    /// <summary>A picture that has its heading.</summary>
    /// <param name="title">What is shown, in a line.</param>
    /// <param name="explanation">How to read it, in a line.</param>
    /// <param name="series">What the colours of <see cref="ColorOf"/> mean, from the first on; nothing where there is no legend.</param>
    public Picture(string title, string explanation, params IReadOnlyList<string> series)
    {
        EmbeddedFontResolver.Install();
        DrawHeading(panels.Subplots.GetPlot(0), title, explanation, series);
    }

    /// <summary>The colour of the series of an index; colours stay apart for the colour-blind too, and come again after six.</summary>
    public static Color ColorOf(int series) => _palette[series % _palette.Length];

    /// <summary>Adds text whose left or right end, by the alignment, lies at a point.</summary>
    public static void AddText(
        Plot plot, string text, double x, double y, Color color, float size, Alignment alignment = Alignment.MiddleLeft)
    {
        ScottPlot.Plottables.Text label = plot.Add.Text(text, x, y);
        label.LabelFontColor = color;
        label.LabelFontSize = size;
        label.LabelAlignment = alignment;
    }

    /// <summary>Adds a panel below the others.</summary>
    /// <param name="draw">Draws it, and gives the height it has to have, in pixels.</param>
    public void AddPanel(Func<Plot, int> draw) => rows.Add(new Row(draw(panels.AddPlot()), Panels: 1));

    /// <summary>Adds panels side by side below the others, all as wide.</summary>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="draw">Each draws one.</param>
    public void AddPanels(int height, params IReadOnlyList<Action<Plot>> draw)
    {
        foreach (Action<Plot> panel in draw)
            panel(panels.AddPlot());
        rows.Add(new Row(height, draw.Count));
    }

    /// <summary>Writes the picture as a PNG file, whose folder is made if need be.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(FileInfo file)
    {
        panels.Layout = new Stack(rows);
        file.Directory?.Create();
        panels.SavePng(file.FullName, Width, rows.Sum(row => row.Height));
    }

    // The plot's coordinates are pixels, so that text stands where a page would have it.
    private void DrawHeading(Plot plot, string title, string explanation, IReadOnlyList<string> series)
    {
        int height = TitleHeight + (series.Count > 0 ? series.Count * LegendLineHeight + LegendGap : 0);
        rows.Add(new Row(height, Panels: 1));
        plot.Layout.Frameless();
        plot.HideGrid();
        plot.Axes.SetLimits(0, Width, -height, 0);
        AddText(plot, title, Margin, -38, Ink, 28);
        AddText(plot, explanation, Margin, -74, Muted, 15);
        double y = -TitleHeight - LegendLineHeight / 2.0;
        for (int index = 0; index < series.Count; index++, y -= LegendLineHeight)
        {
            ScottPlot.Plottables.Rectangle swatch = plot.Add.Rectangle(Margin, Margin + 24, y - 7, y + 7);
            swatch.FillColor = ColorOf(index);
            swatch.LineWidth = 0;
            AddText(plot, series[index], Margin + 34, y, Ink, 15);
        }
    }

    /// <summary>Panels side by side.</summary>
    private readonly record struct Row(int Height, int Panels);

    /// <summary>Puts rows of panels one below the other.</summary>
    private sealed class Stack(List<Row> rows) : IMultiplotLayout
    {
        public PixelRect[] GetSubplotRectangles(SubplotCollection subplots, PixelRect figureRect)
        {
            var rectangles = new List<PixelRect>();
            float top = figureRect.Top;
            foreach (Row row in rows)
            {
                float width = figureRect.Width / row.Panels;
                for (int panel = 0; panel < row.Panels; panel++)
                {
                    float left = figureRect.Left + (panel * width);
                    rectangles.Add(new PixelRect(left, left + width, top + row.Height, top));
                }

                top += row.Height;
            }
            return [.. rectangles];
        }
    }
}
