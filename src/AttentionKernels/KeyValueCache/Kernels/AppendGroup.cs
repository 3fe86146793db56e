namespace AttentionKernels.KeyValueCache.Kernels;

/// <summary>What a work group that appends takes.</summary>
internal static class AppendGroup
{
    /// <summary>Threads of a head: of 128 numbers each has four fours, and of bytes they store a sector of 32 bytes at once.</summary>
    public const int HeadThreads = 1 << HeadThreadsLog2;

    /// <summary>Its logarithm: a GPU has no division.</summary>
    public const int HeadThreadsLog2 = 3;

    /// <summary>Heads of a work group.</summary>
    public const int Heads = 16;

    /// <summary>Threads of a work group.</summary>
    public const int Threads = HeadThreads * Heads;

    /// <summary>The bytes of its shared memory, where scales are found.</summary>
    public const int SharedMemory = 2 * Threads * sizeof(int);
}
