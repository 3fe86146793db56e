namespace AttentionKernels.Intrinsics.Simd;

/// <summary>The constants by which vectors of fp16 bits become fp32: processors' own instructions for it are not open to C#.</summary>
internal static class Fp16
{
    /// <summary>All bits but the sign.</summary>
    public const int Magnitude = 0x7FFF;

    /// <summary>The largest finite number; beyond it are infinity and NaN.</summary>
    public const int LargestFinite = 0x7BFF;

    /// <summary>How much further up fp32 has its fraction.</summary>
    public const int FractionShift = 13;

    /// <summary>2¹¹²: the difference of the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>fp32's exponent of infinity and NaN.</summary>
    public const int Infinity = 0x7F800000;
}
