using System.Globalization;
using AttentionKernels.Samples.Pictures;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AttentionKernels.Samples.ComparePositions;

/// <summary>An axis of a panel: a logarithmic one has powers of ten as coordinates.</summary>
/// <param name="Label">What it says, with the unit.</param>
/// <param name="Ticks">The values that bear a number.</param>
/// <param name="IsLogarithmic">Whether equal ratios are equally far apart.</param>
internal sealed record PlotScale(string Label, double[] Ticks, bool IsLogarithmic)
{
    /// <summary>The coordinate of a value.</summary>
    public double At(double value) => IsLogarithmic ? Math.Log10(value) : value;

    /// <summary>Sets up an axis of a plot.</summary>
    public void Apply(IAxis axis)
    {
        IEnumerable<string> labels = Ticks.Select(tick => tick.ToString("0.##", CultureInfo.InvariantCulture).Replace('-', '−'));
        axis.TickGenerator = new NumericManual([.. Ticks.Select(At)], [.. labels]);
        axis.TickLabelStyle.FontSize = 14;
        axis.TickLabelStyle.ForeColor = Picture.Muted;
        axis.MajorTickStyle.Length = 0;
        axis.Label.Text = Label;
        axis.Label.FontSize = 15;
        axis.Label.Bold = false;
        axis.Label.ForeColor = Picture.Ink;
    }
}
