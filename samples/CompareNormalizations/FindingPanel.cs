using System.Globalization;
using AttentionKernels.Samples.Pictures;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>A panel of the picture: a finding's lines. Coordinates of logarithmic axes are powers of ten.</summary>
internal sealed class FindingPanel
{
    // Lines that lie on each other are all seen: the first one is the widest.
    private const float WidestLine = 9, Narrowing = 1.4f;

    private const int Left = 74, Right = 26, Bottom = 62, Top = 46;

    private readonly Plot plot;
    private readonly Finding finding;

    // Between which coordinates values lie; zeros of a logarithmic axis lie on the lower one.
    private readonly double low, high;

    private FindingPanel(Plot plot, Finding finding)
    {
        this.plot = plot;
        this.finding = finding;
        double[] values = [.. finding.Lines.SelectMany(line => line.Values).OfType<double>()];
        if (finding.Measure.Logarithmic)
        {
            double[] powers = [.. values.Where(value => value > 0).Select(Math.Log10)];
            (low, high) = (Math.Floor(powers.Min()) - (values.Contains(0) ? 1 : 0), Math.Ceiling(powers.Max()));
        }
        else
            (low, high) = (0, values.Max() * 1.05);
    }

    /// <summary>Draws a panel.</summary>
    public static void Draw(Plot plot, Finding finding)
    {
        var panel = new FindingPanel(plot, finding);
        foreach (Line line in finding.Lines)
            panel.AddLine(line);
        panel.SetAxes();
    }

    private void AddLine(Line line)
    {
        Coordinates[] points =
        [
            .. finding.Points.Values.Zip(line.Values).Where(point => point.Second is not null)
                .Select(point => new Coordinates(X(point.First), Y(point.Second!.Value))),
        ];
        float width = WidestLine - (Narrowing * (int)line.Norm);
        ScottPlot.Plottables.Scatter scatter = plot.Add.Scatter(points);
        scatter.Color = Picture.ColorOf((int)line.Norm);
        scatter.LineWidth = width;
        scatter.MarkerSize = width + 4;
    }

    private double X(double value) => finding.Points.Logarithmic ? Math.Log10(value) : value;

    private double Y(double value) => !finding.Measure.Logarithmic ? value : value == 0 ? low : Math.Log10(value);

    private void SetAxes()
    {
        double first = X(finding.Points.Values[0]), last = X(finding.Points.Values[^1]);
        double room = (high - low) * 0.04;
        plot.Axes.SetLimits(first - ((last - first) * 0.03), last + ((last - first) * 0.03), low - room, high + room);
        plot.Layout.Fixed(new PixelPadding(Left, Right, Bottom, Top));
        plot.Title(finding.Title, 17);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Title.Label.ForeColor = Picture.Ink;

        var ticks = new NumericManual();
        foreach (double point in finding.Points.Values)
            ticks.AddMajor(X(point), Figure(point));
        plot.Axes.Bottom.TickGenerator = ticks;
        if (finding.Measure.Logarithmic)
            plot.Axes.Left.TickGenerator = Powers();
        Style(plot.Axes.Bottom, finding.Points.Name);
        Style(plot.Axes.Left, finding.Measure.Name);
        plot.Axes.Right.IsVisible = plot.Axes.Top.IsVisible = false;
        plot.Grid.MajorLineColor = Picture.GridLine;
    }

    private NumericManual Powers()
    {
        bool hasZero = finding.Lines.Any(line => line.Values.Contains(0));
        var ticks = new NumericManual();
        for (double power = low; power <= high; power++)
            ticks.AddMajor(power, hasZero && power == low ? "0" : Figure(Math.Pow(10, power)));
        return ticks;
    }

    private static string Figure(double value) =>
        value.ToString(value is > 0 and < 0.001 or >= 10_000 ? "0e0" : "0.###", CultureInfo.InvariantCulture);

    private static void Style(IAxis axis, string name)
    {
        axis.Label.Text = name;
        axis.Label.FontSize = 13;
        axis.Label.Bold = false;
        axis.Label.ForeColor = Picture.Muted;
        axis.TickLabelStyle.FontSize = 13;
        axis.TickLabelStyle.ForeColor = Picture.Ink;
        axis.MajorTickStyle.Length = 0;
        axis.MinorTickStyle.Length = 0;
        axis.FrameLineStyle.Color = Picture.GridLine;
    }
}
