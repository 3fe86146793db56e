namespace AttentionKernels.Samples.ComparePositions;

/// <summary>A curve of a panel.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="X">Its points, from left to right.</param>
/// <param name="Y">Likewise.</param>
internal sealed record PlotLine(string Name, double[] X, double[] Y);
