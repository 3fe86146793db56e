namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>What definitions of masks have in common.</summary>
internal static class MaskDefinitions
{
    /// <summary>The document that a position is in, or <see langword="null"/>.</summary>
    public static int? Document(int[] offsets, int position) => position < offsets[0] || position >= offsets[^1]
        ? null
        : Enumerable.Range(0, offsets.Length - 1).Last(document => offsets[document] <= position);

    /// <summary>Whether a node of a tree is another one, or above it.</summary>
    public static bool IsAncestor(ReadOnlySpan<int> parents, int node, int ancestor)
    {
        while (node >= 0 && node != ancestor)
            node = parents[node];
        return node == ancestor;
    }
}
