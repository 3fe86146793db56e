namespace AttentionKernels;

/// <summary>Absolute positions as sines and cosines, which a model adds to the embeddings of its tokens.</summary>
/// <remarks>Vaswani et al., "Attention Is All You Need", 2017.</remarks>
public static class SinusoidalPositions
{
    /// <summary>sin(p·θᵢ) and cos(p·θᵢ) with θᵢ = base^(−2i/dimension), for each position p; computed in fp64.</summary>
    /// <param name="positions">The number of positions, from 0 on; at least 1.</param>
    /// <param name="dimension">Elements of an embedding; even, at least 2.</param>
    /// <param name="sineBase">The base; greater than 1 and finite.</param>
    /// <param name="style">Where a sine and its cosine lie: side by side as in the paper, or in two halves. The frequencies are the paper's
    /// in both.</param>
    /// <returns>The numbers [positions, dimension].</returns>
    /// <exception cref="ArgumentException">A number is out of range, or the table is larger than an array may be.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;float&gt; positions = device.Upload(SinusoidalPositions.Table(512, 64), [512, 64]);
    /// </code>
    /// </example>
    public static float[] Table(
        int positions, int dimension, double sineBase = RotaryFrequencies.DefaultBase, RotaryStyle style = RotaryStyle.Interleaved)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        if (dimension < 2 || dimension % 2 != 0)
            throw new ArgumentException($"The dimension is {dimension}; it must be even and at least 2.", nameof(dimension));
        RotaryFrequencies.CheckBase(sineBase, nameof(sineBase));
        if (!Enum.IsDefined(style))
            throw new ArgumentOutOfRangeException(nameof(style), style, "The style must be HalfSplit or Interleaved.");
        if ((long)positions * dimension > Array.MaxLength)
        {
            throw new ArgumentException(
                $"A table of {positions} positions × {dimension} elements is asked for; it must have at most {Array.MaxLength} entries.",
                nameof(positions));
        }

        ReadOnlySpan<double> frequencies = new RotaryFrequencies(dimension, sineBase).Values;
        bool areNeighbours = style == RotaryStyle.Interleaved;
        var table = new float[positions * dimension];
        for (int position = 0; position < positions; position++)
        {
            Span<float> row = table.AsSpan(position * dimension, dimension);
            for (int pair = 0; pair < frequencies.Length; pair++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequencies[pair]);
                row[areNeighbours ? 2 * pair : pair] = (float)sine;
                row[areNeighbours ? (2 * pair) + 1 : pair + frequencies.Length] = (float)cosine;
            }
        }

        return table;
    }
}
