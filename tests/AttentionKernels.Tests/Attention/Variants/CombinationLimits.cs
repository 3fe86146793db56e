namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>Where the keys and values of a combination lie.</summary>
internal enum CombinationLayout
{
    /// <summary>In tensors.</summary>
    Contiguous,

    /// <summary>In tensors, one sequence of any length behind the other.</summary>
    Ragged,

    /// <summary>In pages.</summary>
    Paged,

    /// <summary>In pages, the first of which sequences have in common.</summary>
    Cascade,
}

/// <summary>What a combination's problem is drawn between.</summary>
/// <param name="Layout">Where keys and values lie.</param>
/// <param name="LargestKey">The largest integer up to which keys' format has all.</param>
/// <param name="Algorithms">The algorithms, each of which is another kernel.</param>
/// <param name="Schedule">The schedule.</param>
internal sealed record CombinationLimits(
    CombinationLayout Layout, int LargestKey, IReadOnlyList<AttentionAlgorithm> Algorithms, KernelSchedule Schedule)
{
    /// <summary>The most that a sequence's heads, queries and keys may be multiplied, unless there is but one query.</summary>
    public int MostScores { get; init; } = 40_000;

    /// <summary>Whether the problem must be one for tensor cores, which take no head dimension but multiples of 8.</summary>
    public bool IsForTensorCores => Schedule == KernelSchedule.TensorCore;
}
