using System.Globalization;
using AttentionKernels.Samples.Pictures;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>
/// A panel of the picture: the groups one below the other, for each variant a bar a device. Devices differ by orders of magnitude, so the
/// scale is logarithmic, and each bar bears its value. A horizontal coordinate is a power of ten, a vertical one the height of a bar.
/// </summary>
internal sealed class ThroughputPanel
{
    /// <summary>Heights and gaps in pixels.</summary>
    private const int BarHeight = 20, AxisHeight = 90;

    /// <summary>Room for what stands left of the bars, and for the value behind the longest one, in pixels.</summary>
    private const int LabelRoom = 300, ValueRoom = 200;

    /// <summary>Heights and gaps in bars.</summary>
    private const double TitleHeight = 2, VariantGap = 0.4, GroupGap = 0.6;

    private const int LongestNote = 110;

    private static readonly Color Alert = Color.FromHex("#B42318");

    private readonly Plot plot;
    private readonly Dictionary<string, Color> colors;

    /// <summary>The power of ten at which bars begin, and the one that the longest bar reaches.</summary>
    private readonly double first, last;

    /// <summary>How far down the panel is drawn, in bars.</summary>
    private double depth;

    private ThroughputPanel(Plot plot, IReadOnlyList<ComparisonGroup> groups, Dictionary<string, Color> colors)
    {
        this.plot = plot;
        this.colors = colors;
        double[] exponents = [.. groups.SelectMany(group => group.Rows).Select(row => row.Rate).OfType<double>().Select(Math.Log10)];

        // The slowest bar keeps a visible length.
        first = Math.Floor(exponents.DefaultIfEmpty(0).Min() - 0.2);
        last = Math.Max(first + 1, exponents.DefaultIfEmpty(0).Max());
    }

    /// <summary>Draws a panel.</summary>
    /// <returns>The height it has to have, in pixels.</returns>
    public static int Draw(
        Plot plot, Throughput throughput, IReadOnlyList<ComparisonGroup> groups, Dictionary<string, Color> colors)
    {
        var panel = new ThroughputPanel(plot, groups, colors);
        foreach (ComparisonGroup group in groups)
            panel.AddGroup(group);
        panel.SetAxes(throughput);
        return (int)Math.Ceiling(panel.depth * BarHeight) + AxisHeight;
    }

    private void AddGroup(ComparisonGroup group)
    {
        depth += TitleHeight;
        Picture.AddText(plot, group.Title, first, -depth + TitleHeight / 2, Picture.Ink, 17);
        foreach (var variant in group.Rows.GroupBy(row => (row.Name, row.Schedule)))
        {
            string name = string.Join(" · ", new[] { variant.Key.Name, variant.Key.Schedule }.Where(part => part.Length > 0));
            double middle = -depth - variant.Count() / 2.0;
            Picture.AddText(plot, name + "  ", first, middle, Picture.Ink, 14, Alignment.MiddleRight);
            foreach (ComparisonRow row in variant)
                AddBar(row, group.SpeedupOf(row));
            depth += VariantGap;
        }
        depth += GroupGap;
    }

    private void AddBar(ComparisonRow row, double? speedup)
    {
        double middle = -depth - 0.5;
        depth++;
        double end = row.Rate is { } rate ? Math.Log10(rate) : first;
        if (row.Rate is not null)
        {
            plot.Add.Bar(new Bar
            {
                Orientation = Orientation.Horizontal,
                Position = middle,
                ValueBase = first,
                Value = end,
                Size = 0.84,
                // What is wrong may be fast; its bar must not look like an achievement.
                FillColor = row.Verified ? colors[row.Device] : colors[row.Device].WithAlpha(0.25),
                LineWidth = 0,
            });
        }

        Picture.AddText(plot, "  " + Caption(row, speedup), end, middle, row.Verified ? Picture.Ink : Alert, 13);
    }

    private static string Caption(ComparisonRow row, double? speedup)
    {
        var parts = new List<string>();
        if (row.Rate is { } rate)
            parts.Add(Figures.Number(rate));
        if (!row.HasRun)
            parts.Add(Shortened("not run: ", row.Note));
        else if (!row.Verified)
            parts.Add("failed verification");
        else if (speedup is { } factor && !row.IsNaive)
            parts.Add($"{Figures.Number(factor)}×");
        return string.Join("   ", parts);
    }

    // The table has the whole reason; here it has to stay in its line.
    private static string Shortened(string prefix, string? note)
    {
        string text = prefix + (note ?? "no reason was given").ReplaceLineEndings(" ");
        return text.Length <= LongestNote ? text : string.Concat(text.AsSpan(0, LongestNote), "…");
    }

    private void SetAxes(Throughput throughput)
    {
        double pixelsOfDecade = (Picture.Width - LabelRoom - ValueRoom) / (last - first);
        plot.Axes.SetLimits(first - LabelRoom / pixelsOfDecade, last + ValueRoom / pixelsOfDecade, -depth, 0);
        plot.Layout.Fixed(new PixelPadding(0, 0, AxisHeight, 0));

        var ticks = new NumericManual();
        for (double exponent = first; exponent <= last; exponent++)
            ticks.AddMajor(exponent, Math.Pow(10, exponent).ToString("0.#########", CultureInfo.InvariantCulture));
        plot.Axes.Bottom.TickGenerator = ticks;
        plot.Axes.Bottom.TickLabelStyle.FontSize = 14;
        plot.Axes.Bottom.TickLabelStyle.ForeColor = Picture.Muted;
        plot.Axes.Bottom.MajorTickStyle.Length = 0;
        plot.Axes.Bottom.Label.Text = throughput == Throughput.Arithmetic
            ? "Arithmetic rate [GFLOP/s], logarithmic"
            : "Memory rate [GB/s], logarithmic";
        plot.Axes.Bottom.Label.FontSize = 15;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Bottom.Label.ForeColor = Picture.Ink;
        plot.Axes.Left.RemoveTickGenerator();
        plot.Axes.Frame(false);
        plot.Grid.MajorLineColor = Picture.GridLine;
        plot.Grid.YAxisStyle.IsVisible = false;
    }
}
