namespace AttentionKernels.Linear.Kernels;

/// <summary>The sizes of the tiles of a linear layer's kernels, Simt schedule, and the limit between them.</summary>
internal static class LinearTileSizes
{
    /// <summary>Columns of a slice: terms are summed slice by slice, and then these sums. Every kernel does, so that it depends on the
    /// number of columns alone how an element is summed.</summary>
    public const int SliceColumns = 64;

    /// <summary>Threads of a group.</summary>
    public const int Threads = 128;

    /// <summary>The most tokens for which the kernel for few of them is taken, which reads the weight once for
    /// <see cref="FewTokens"/>.</summary>
    /// <remarks>A tile for many tokens takes as long for 1 as for 64, and of weights of 4096 rows there are 32 tiles, which leaves two
    /// thirds of an A100 idle: a predicted 0.46 ms for up to 64 tokens of 4096 columns. Few tokens read these 64 MiB in 33 µs from memory,
    /// and 32 tokens eight times in some 130 µs, mostly from the second-level cache; of 32,000 rows both take about as long. Nobody has
    /// measured it.</remarks>
    public const int MostOfFewTokens = 32;

    /// <summary>Many tokens: tokens of a tile, eight for each of 8 threads.</summary>
    public const int ManyTokens = 64;

    /// <summary>Many tokens: rows of the weight of a tile, eight for each of 16 threads.</summary>
    public const int ManyRows = 128;

    /// <summary>Many tokens: columns that are in shared memory at a time, a part of a slice.</summary>
    public const int PanelColumns = 16;

    /// <summary>Many tokens: numbers from a column of a panel to the next one; whole fours, and a four more than there are against bank
    /// conflicts.</summary>
    public const int PanelStride = ManyTokens + ManyRows + 4;

    /// <summary>Many tokens: bytes of shared memory of a group, two panels.</summary>
    public const int SharedMemoryOfMany = sizeof(float) * 2 * PanelColumns * PanelStride;

    /// <summary>Few tokens: tokens of a tile.</summary>
    public const int FewTokens = 4;

    /// <summary>Few tokens: rows of the weight of a tile.</summary>
    public const int FewRows = 8;

    /// <summary>Few tokens: slices that are summed side by side, one for each thread of a row.</summary>
    public const int Slices = Threads / FewRows;

    /// <summary>Few tokens: columns of a slice that are in shared memory at a time, four for each thread of a slice: 128 bytes of fp32, a
    /// line of the cache.</summary>
    public const int PartColumns = 4 * FewRows;

    /// <summary>Few tokens: numbers from a part to the next one; whole fours, and a four more than there are against bank
    /// conflicts.</summary>
    public const int PartStride = PartColumns + 4;

    /// <summary>Few tokens: numbers from an element's sums of slices to the next one's; whole fours, and a four more than there are against
    /// bank conflicts.</summary>
    public const int SumStride = Slices + 4;

    /// <summary>Few tokens: bytes of shared memory of a group: parts of rows and of tokens, and sums.</summary>
    public const int SharedMemoryOfFew = sizeof(float)
        * ((Slices * (FewRows + FewTokens) * PartStride) + (FewTokens * FewRows * SumStride));

    /// <summary>Bytes of shared memory of a group of either kernel.</summary>
    public const int SharedMemory = SharedMemoryOfFew > SharedMemoryOfMany ? SharedMemoryOfFew : SharedMemoryOfMany;

    /// <summary>Whether the kernel for few tokens is taken.</summary>
    public static bool AreFew(int tokens) => tokens <= MostOfFewTokens;
}
