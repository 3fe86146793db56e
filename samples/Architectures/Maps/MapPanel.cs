using AttentionKernels.Samples.Pictures;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace AttentionKernels.Samples.Architectures.Maps;

/// <summary>
/// A panel of the picture: a map of one head with its tokens, and beside it, small, those of all heads of the layer, all of one colour
/// scale. Coordinates are pixels.
/// </summary>
internal sealed class MapPanel
{
    private const int TitleHeight = 60, KeysHeight = 110, QueriesWidth = 130, MapWidth = 500, LargestCell = 40;
    private const int HeadsLeft = QueriesWidth + MapWidth + 50, HeadsWidth = 394, HeadGap = 14, HeadTitle = 20;
    private const int ColorBarRoom = 110, ColorBarGap = 16;

    private readonly Plot plot;
    private readonly LabelledMap map;
    private readonly ScottPlot.Range range;

    private MapPanel(Plot plot, LabelledMap map)
    {
        this.plot = plot;
        this.map = map;
        range = new ScottPlot.Range(0, Enumerable.Range(0, map.Heads).Max(head => map.Shown(head).Cast<double>().Max()));
    }

    /// <summary>Draws a panel.</summary>
    /// <returns>The height it has to have, in pixels.</returns>
    public static int Draw(Plot plot, LabelledMap map)
    {
        var panel = new MapPanel(plot, map);
        int bottom = Math.Max(panel.AddMap(), panel.AddHeads());
        plot.HideGrid();
        plot.Axes.Frameless();
        plot.Axes.SetLimits(0, Picture.Width - ColorBarRoom, -bottom, 0);

        // Colour bars of neighbouring panels do not touch.
        plot.Layout.Fixed(new PixelPadding(0, ColorBarRoom, ColorBarGap, ColorBarGap));
        return bottom + (2 * ColorBarGap);
    }

    // The head that is to be seen first, and how far down it comes.
    private int AddMap()
    {
        string title = $"{map.Title}, head {map.Head}: rows are queries, columns are keys. {map.Omission}";
        Picture.AddText(plot, title, Picture.Margin, -28, Picture.Ink, 17);
        double cell = Math.Min(LargestCell, MapWidth / (double)Math.Max(map.ShownKeys, map.ShownQueries));
        double bottom = TitleHeight + (cell * map.ShownQueries);
        Heatmap heatmap = AddHeatmap(map.Head, QueriesWidth, TitleHeight, cell);
        AddColorBar(heatmap);
        float size = cell < 20 ? 12 : 14;
        for (int query = 0; query < map.ShownQueries; query++)
        {
            double middle = -TitleHeight - (cell * (query + 0.5));
            Picture.AddText(plot, map.Queries[query], QueriesWidth - 8, middle, Picture.Ink, size, Alignment.MiddleRight);
        }

        bool isLong = map.Keys.Any(text => text.Length > 2);
        for (int key = 0; key < map.ShownKeys; key++)
        {
            Text label = plot.Add.Text(map.Keys[key], QueriesWidth + (cell * (key + 0.5)), -bottom - 8);
            label.LabelFontColor = Picture.Ink;
            label.LabelFontSize = size;
            label.LabelAlignment = isLong ? Alignment.MiddleRight : Alignment.UpperCenter;
            label.LabelRotation = isLong ? -90 : 0;
        }

        return (int)Math.Ceiling(bottom) + KeysHeight;
    }

    private int AddHeads()
    {
        int perRow = map.Heads <= 4 ? 2 : 4;
        double width = ((HeadsWidth + HeadGap) / (double)perRow) - HeadGap;
        double cell = width / Math.Max(map.ShownKeys, map.ShownQueries);
        double step = HeadTitle + (cell * map.ShownQueries) + HeadGap;
        for (int head = 0; head < map.Heads; head++)
        {
            (int row, int column) = Math.DivRem(head, perRow);
            double left = HeadsLeft + (column * (width + HeadGap)), top = TitleHeight + (row * step);
            Picture.AddText(plot, $"head {head}", left, -top + (HeadTitle / 2), Picture.Muted, 13);
            AddHeatmap(head, left, top, cell);
        }

        return (int)Math.Ceiling(TitleHeight + (step * ((map.Heads + perRow - 1) / perRow)));
    }

    private Heatmap AddHeatmap(int head, double left, double top, double cell)
    {
        Heatmap heatmap = plot.Add.Heatmap(map.Shown(head));
        heatmap.Rectangle = new CoordinateRect(left, left + (cell * map.ShownKeys), -top - (cell * map.ShownQueries), -top);
        heatmap.ManualRange = range;
        heatmap.Colormap = new ScottPlot.Colormaps.Viridis();
        return heatmap;
    }

    private void AddColorBar(IHasColorAxis source)
    {
        ScottPlot.Panels.ColorBar bar = plot.Add.ColorBar(source);
        bar.Axis.TickLabelStyle.FontSize = 13;
        bar.Axis.TickGenerator = new NumericAutomatic { TickDensity = 0.4 };
    }
}
