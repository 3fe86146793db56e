namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// How many blocks of output columns a thread of a Simt kernel owns, as a compile-time choice: register tiles cannot be arrays, so
/// kernels name eight and use as many as this says.
/// </summary>
internal interface IColumnBlocks
{
    /// <summary>The number of blocks: 1, 2, 4 or 8.</summary>
    static abstract int Count { get; }
}

/// <summary>One block of columns.</summary>
internal readonly struct OneColumnBlock : IColumnBlocks
{
    public static int Count => 1;
}

/// <summary>Two blocks of columns.</summary>
internal readonly struct TwoColumnBlocks : IColumnBlocks
{
    public static int Count => 2;
}

/// <summary>Four blocks of columns.</summary>
internal readonly struct FourColumnBlocks : IColumnBlocks
{
    public static int Count => 4;
}

/// <summary>Eight blocks of columns.</summary>
internal readonly struct EightColumnBlocks : IColumnBlocks
{
    public static int Count => 8;
}
