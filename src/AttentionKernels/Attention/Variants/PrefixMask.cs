using AttentionKernels.Attention.Variants;
using ILGPU;

namespace AttentionKernels;

/// <summary>A prefix language model: a query attends to the keys of its sequence's prefix, and to those up to its own position, the last
/// query being at the last key.</summary>
/// <remarks>Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020. The prefix, a prompt
/// or an image, sees all of itself.</remarks>
public readonly struct PrefixMask : IMask<PrefixMask>
{
    private readonly ArrayView<int> _lengths;

    /// <summary>Makes a mask.</summary>
    /// <param name="lengths">The tokens of each sequence's prefix [batch].</param>
    /// <exception cref="ArgumentException"><paramref name="lengths"/> is not of rank 1, empty, or not dense.</exception>
    public PrefixMask(TensorView<int> lengths) => _lengths = VariantTable<int>.Dense(lengths, 1, "[batch]", nameof(lengths));

    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in PrefixMask self, in Position at) => at.Key <= at.QueryPosition || at.Key < self.Length(at.Batch);

    /// <inheritdoc/>
    public static KeyRange Range(in PrefixMask self, in QueryRange queries) =>
        new(0, Math.Max(queries.LastPosition + 1, self.Length(queries.Batch)));

    /// <inheritdoc/>
    public static TileCoverage Coverage(in PrefixMask self, in QueryRange queries, KeyRange keys) =>
        IMask<PrefixMask>.CoverageByRanges(self, queries, keys);

    private int Length(int batch) => _lengths[Math.Min(batch, _lengths.IntLength - 1)];
}
