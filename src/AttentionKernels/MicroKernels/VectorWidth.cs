namespace AttentionKernels.MicroKernels;

/// <summary>How many fp32 lanes a vector register of the device has: a compile-time choice of every kernel of the Vector
/// schedule.</summary>
internal interface IVectorWidth
{
    /// <summary>The number of lanes: 4, 8 or 16.</summary>
    static abstract int Lanes { get; }

    /// <summary>Rows of the register tile of a <see cref="PackedGemm"/>: with two vectors a row, as many as the registers of such devices
    /// hold.</summary>
    static abstract int BlockRows { get; }
}

/// <summary>128 bits: SSE, NEON.</summary>
internal readonly struct FourLanes : IVectorWidth
{
    public static int Lanes => 4;

    public static int BlockRows => 4;
}

/// <summary>256 bits: AVX2.</summary>
internal readonly struct EightLanes : IVectorWidth
{
    public static int Lanes => 8;

    public static int BlockRows => 4;
}

/// <summary>512 bits: AVX-512, with 32 registers.</summary>
internal readonly struct SixteenLanes : IVectorWidth
{
    public static int Lanes => 16;

    public static int BlockRows => 8;
}
