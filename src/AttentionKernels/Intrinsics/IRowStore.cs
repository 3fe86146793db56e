namespace AttentionKernels.Intrinsics;

/// <summary>How rows of results are stored, as a compile-time choice.</summary>
internal interface IRowStore
{
    /// <summary>Whether stores pass the caches by: for what is too large to be found there again, they save reading it first.</summary>
    static abstract bool IsStreaming { get; }
}

/// <summary>Through the caches.</summary>
internal readonly struct OrdinaryStore : IRowStore
{
    public static bool IsStreaming => false;
}

/// <summary>Past the caches, where the memory is aligned to 16 bytes and the compiler has a way to say it.</summary>
internal readonly struct StreamingStore : IRowStore
{
    /// <summary>
    /// Results of more bytes are stored past the caches: with as many bytes of input, they leave no room for anything else in a last-level cache
    /// of 32 MiB, and reading the memory that they overwrite is a third of the traffic.
    /// </summary>
    public const long LargestCache = 8L << 20;

    public static bool IsStreaming => true;
}
