using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Speculative decoding: the queries are a tree of drafted tokens at the end of a sequence. Each attends to the keys before the
/// tree, to itself, and to its ancestors.</summary>
/// <remarks>Miao et al., "SpecInfer: Accelerating Large Language Model Serving with Tree-based Speculative Inference and Verification",
/// 2024. It needs no <see cref="CausalMask"/> beside it.</remarks>
public readonly struct TreeMask : IMask<TreeMask>
{
    private readonly VariantTable<int> _parents;

    /// <summary>Makes a mask.</summary>
    /// <param name="parents">The parent of each query, one before it, −1 for a root: [queries], or, where sequences have other trees,
    /// [batch, queries].</param>
    /// <exception cref="ArgumentException"><paramref name="parents"/> is of another rank, empty, or not dense.</exception>
    public TreeMask(TensorView<int> parents) =>
        _parents = new VariantTable<int>(parents, (1, 2), "[queries] or [batch, queries]", nameof(parents));

    /// <inheritdoc/>
    public static bool Allows(in TreeMask self, in Position at)
    {
        int node = at.Key - (at.KeyLength - at.QueryLength);
        if (node < 0)
            return true;

        // A parent is before its child, or the walk would not end.
        int ancestor = at.Query;
        while (ancestor > node)
            ancestor = Math.Min(self._parents.At(0, 0, at.Batch, ancestor), ancestor - 1);
        return ancestor == node;
    }

    /// <inheritdoc/>
    public static KeyRange Range(in TreeMask self, in QueryRange queries) => new(0, queries.LastPosition + 1);

    /// <inheritdoc/>
    public static TileCoverage Coverage(in TreeMask self, in QueryRange queries, KeyRange keys) =>
        keys.End <= queries.KeyLength - queries.QueryLength ? TileCoverage.Full : TileCoverage.Partial;
}
