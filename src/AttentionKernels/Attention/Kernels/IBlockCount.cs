namespace AttentionKernels.Attention.Kernels;

/// <summary>How many blocks of <see cref="Work.TileSizes.TensorCoreBlock"/> numbers a key or a value has, the last one perhaps in
/// part.</summary>
internal interface IBlockCount
{
    /// <summary>1 to 4.</summary>
    static abstract int Count { get; }
}

/// <summary>Up to 64 numbers.</summary>
internal readonly struct OneBlock : IBlockCount
{
    public static int Count => 1;
}

/// <summary>Up to 128 numbers.</summary>
internal readonly struct TwoBlocks : IBlockCount
{
    public static int Count => 2;
}

/// <summary>Up to 192 numbers.</summary>
internal readonly struct ThreeBlocks : IBlockCount
{
    public static int Count => 3;
}

/// <summary>Up to 256 numbers.</summary>
internal readonly struct FourBlocks : IBlockCount
{
    public static int Count => 4;
}
