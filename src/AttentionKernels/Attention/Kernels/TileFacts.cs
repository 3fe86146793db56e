namespace AttentionKernels.Attention.Kernels;

/// <summary>What is known of a tile of keys and values before it is accumulated.</summary>
/// <param name="coverage">What the mask lets through of it.</param>
/// <param name="areFinite">Whether all of its values are finite.</param>
/// <param name="nextCount">How many keys of the next tile are prefetched.</param>
internal readonly struct TileFacts(TileCoverage coverage, bool areFinite, int nextCount)
{
    /// <summary>What the mask lets through of it.</summary>
    public TileCoverage Coverage { get; } = coverage;

    /// <summary>Whether all of its values are finite.</summary>
    public bool AreFinite { get; } = areFinite;

    /// <summary>How many keys of the next tile are prefetched.</summary>
    public int NextCount { get; } = nextCount;
}
