namespace AttentionKernels.MicroKernels;

/// <summary>Policy type: how rows of results are stored.</summary>
internal interface IStorePolicy
{
    /// <summary>Whether stores are non-temporal: they save reading what they overwrite, where that is too large for the caches.</summary>
    static abstract bool IsNonTemporal { get; }
}

/// <summary>Ordinary stores.</summary>
internal readonly struct CachedStore : IStorePolicy
{
    public static bool IsNonTemporal => false;
}

/// <summary>Non-temporal stores, where the memory is aligned to 16 bytes and the compiler has them.</summary>
internal readonly struct NonTemporalStore : IStorePolicy
{
    /// <summary>
    /// Results of more bytes are stored non-temporally: with as many bytes of input, they leave no room for anything else in a last-level
    /// cache of 32 MiB, and reading the memory that they overwrite is a third of the traffic.
    /// </summary>
    public const long LargestCache = 8L << 20;

    public static bool IsNonTemporal => true;
}
