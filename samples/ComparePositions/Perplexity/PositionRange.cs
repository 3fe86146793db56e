using System.Globalization;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>Positions from <paramref name="First"/> on, before <paramref name="End"/>.</summary>
internal readonly record struct PositionRange(int First, int End)
{
    // Where ranges end, in trained positions.
    private static readonly double[] _ends = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8];

    /// <summary>The ranges that are compared: narrow within the trained positions, wide beyond, as far as a text reaches.</summary>
    public static PositionRange[] UpTo(int trained, int positions)
    {
        int[] ends = [.. _ends.Select(end => (int)(end * trained)).Where(end => end <= positions)];
        return [.. ends.Prepend(0).Zip(ends, (first, end) => new PositionRange(first, end))];
    }

    /// <summary>The range for a reader.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}–{End}");
}
