namespace AttentionKernels.Problems;

/// <summary>Where the operands of a run come from.</summary>
internal enum CacheState
{
    /// <summary>The runs take turns on copies that are twice the last cache: from memory.</summary>
    Cold,

    /// <summary>Each run has the operands of the one before: from the cache, where they fit.</summary>
    Warm,
}
