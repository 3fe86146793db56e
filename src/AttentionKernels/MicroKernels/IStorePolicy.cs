namespace AttentionKernels.MicroKernels;

/// <summary>How rows of results are stored, as a compile-time choice.</summary>
internal interface IStorePolicy
{
    /// <summary>Whether stores pass the caches by: for what is too large to be found there again, they save reading it first.</summary>
    static abstract bool IsNonTemporal { get; }
}

/// <summary>Through the caches.</summary>
internal readonly struct CachedStore : IStorePolicy
{
    public static bool IsNonTemporal => false;
}

/// <summary>Past the caches, where the memory is aligned to 16 bytes and the compiler has a way to say it.</summary>
internal readonly struct NonTemporalStore : IStorePolicy
{
    /// <summary>
    /// Results of more bytes are stored past the caches: with as many bytes of input, they leave no room for anything else in a last-level
    /// cache of 32 MiB, and reading the memory that they overwrite is a third of the traffic.
    /// </summary>
    public const long LargestCache = 8L << 20;

    public static bool IsNonTemporal => true;
}
