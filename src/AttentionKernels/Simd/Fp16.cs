namespace AttentionKernels.Simd;

/// <summary>How vectors of fp16 bits become fp32: processors' own instructions for it are not open to C#.</summary>
internal static class Fp16
{
    /// <summary>How much further up fp32 has its fraction.</summary>
    public const int FractionShift = 13;

    /// <summary>The bits of fp32 that fp16 has too, the exponent's at their lower end.</summary>
    public const int SignAndMagnitude = unchecked((int)0x8FFF_E000);

    /// <summary>2¹¹²: the difference of the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>2¹⁶: the exponent that infinity and NaN have.</summary>
    public const float BeyondLargest = 65536f;

    /// <summary>fp32's exponent of infinity and NaN.</summary>
    public const int Infinity = 0x7F80_0000;
}
