using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Adds a number to a score by how far the key is from the query: score + bias[head, key − query − first], the last query being
/// at the last key; distances outside of the table count as its nearest.</summary>
/// <remarks>Shaw, Uszkoreit and Vaswani, "Self-Attention with Relative Position Representations", 2018. T5's bias has buckets of distances:
/// <see cref="RelativeBuckets"/> makes the table of it.</remarks>
public readonly struct RelativeBias : IScoreModifier<RelativeBias>
{
    // No sum of it and a distance overflows.
    private const int Farthest = 1 << 30;

    private readonly VariantTable<float> _bias;
    private readonly int _first;

    /// <summary>Makes a bias.</summary>
    /// <param name="bias">The numbers [heads, distances]; heads may be 1 for all.</param>
    /// <param name="first">The distance of the table's first column, mostly negative: keys in front of a query.</param>
    /// <exception cref="ArgumentException"><paramref name="bias"/> is not of rank 2, empty, or not dense.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is not between −2³⁰ and 2³⁰.</exception>
    public RelativeBias(TensorView<float> bias, int first)
    {
        _bias = new VariantTable<float>(bias, (2, 2), "[heads, distances]", nameof(bias));
        ArgumentOutOfRangeException.ThrowIfLessThan(first, -Farthest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Farthest);
        _first = first;
    }

    /// <inheritdoc/>
    public static float Apply(in RelativeBias self, float score, in Position at) =>
        score + self._bias.At(0, 0, at.Head, Math.Max(0, Math.Min(at.Key - at.QueryPosition - self._first, self._bias.Columns - 1)));

    /// <inheritdoc/>
    static void IScoreModifier<RelativeBias>.Check(in RelativeBias self, int heads, string name)
    {
        if (self._bias.Rows != 1 && self._bias.Rows != heads)
        {
            throw new ArgumentException(
                $"The RelativeBias is of {self._bias.Rows} heads; it must be of 1 or of the query's, {heads}.", name);
        }
    }
}
