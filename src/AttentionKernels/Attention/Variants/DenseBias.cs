using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Adds a number to the score of each pair of a query and a key: score + bias[batch, head, query, key]. −∞ masks the
/// key.</summary>
/// <remarks>The <c>attn_mask</c> of numbers that PyTorch's attention takes. Queries count from the first of the run.</remarks>
public readonly struct DenseBias : IScoreModifier<DenseBias>
{
    private readonly VariantTable<float> _bias;

    /// <summary>Makes a bias.</summary>
    /// <param name="bias">The numbers [batch, heads, queries, keys]; each of the first three may be 1 for all, and the first two left
    /// out.</param>
    /// <exception cref="ArgumentException"><paramref name="bias"/> is of another rank, empty, or not dense.</exception>
    public DenseBias(TensorView<float> bias) => _bias = VariantTable<float>.OfPairs(bias, "[batch, heads, queries, keys]", nameof(bias));

    /// <inheritdoc/>
    public static float Apply(in DenseBias self, float score, in Position at) =>
        score + self._bias.At(at.Batch, at.Head, at.Query, at.Key);
}
