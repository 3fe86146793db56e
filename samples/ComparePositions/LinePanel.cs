using AttentionKernels.Samples.Pictures;
using ScottPlot;

namespace AttentionKernels.Samples.ComparePositions;

/// <summary>A panel of the picture: curves over one axis, with a legend at their right.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Horizontal">The axis of X.</param>
/// <param name="Vertical">The axis of Y; what lies beyond its first and last tick is not drawn.</param>
internal sealed record LinePanel(string Title, PlotScale Horizontal, PlotScale Vertical)
{
    private const int Height = 400, LegendRoom = 260, TitleRoom = 50, AxisRoom = 60, ScaleRoom = 80;

    private const int SolidLines = 6;

    // Beside the first and last tick, in parts of the axis.
    private const double Margin = 0.02;

    /// <summary>Draws it.</summary>
    /// <returns>The height it has to have, in pixels.</returns>
    public int Draw(Plot plot, IReadOnlyList<PlotLine> lines, params IReadOnlyList<double> marks)
    {
        foreach (double mark in marks)
            plot.Add.VerticalLine(Horizontal.At(mark), 1.5f, Picture.Muted, LinePattern.Dashed);
        foreach ((int index, PlotLine line) in lines.Index())
        {
            double[] x = [.. line.X.Select(Horizontal.At)];
            double[] y = [.. line.Y.Select(Vertical.At)];
            ScottPlot.Plottables.Scatter curve = plot.Add.ScatterLine(x, y, Picture.ColorOf(index));
            curve.LineWidth = 1.5f;
            // Colours come again after six.
            curve.LinePattern = index < SolidLines ? LinePattern.Solid : LinePattern.Dotted;
            curve.LegendText = line.Name;
        }

        Horizontal.Apply(plot.Axes.Bottom);
        Vertical.Apply(plot.Axes.Left);
        SetLimits(plot);
        plot.Title(Title, 17);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Title.Label.ForeColor = Picture.Ink;
        plot.Axes.Frame(false);
        plot.Grid.MajorLineColor = Picture.GridLine;
        ShowLegend(plot);
        plot.Layout.Fixed(new PixelPadding(ScaleRoom, LegendRoom, AxisRoom, TitleRoom));
        return Height;
    }

    private void SetLimits(Plot plot)
    {
        (double left, double right) = (Horizontal.At(Horizontal.Ticks[0]), Horizontal.At(Horizontal.Ticks[^1]));
        (double bottom, double top) = (Vertical.At(Vertical.Ticks[0]), Vertical.At(Vertical.Ticks[^1]));
        (double width, double height) = (Margin * (right - left), Margin * (top - bottom));
        plot.Axes.SetLimits(left - width, right + width, bottom - height, top + height);
    }

    private static void ShowLegend(Plot plot)
    {
        ScottPlot.Panels.LegendPanel legend = plot.ShowLegend(Edge.Right);
        legend.Legend.OutlineWidth = 0;
        legend.Legend.ShadowColor = Colors.Transparent;
        legend.Legend.FontSize = 14;
        legend.Legend.FontColor = Picture.Ink;
    }
}
