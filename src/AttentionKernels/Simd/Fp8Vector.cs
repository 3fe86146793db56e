namespace AttentionKernels.Simd;

/// <summary>How vectors of fp8 bits become fp32.</summary>
internal static class Fp8Vector
{
    /// <summary>All bits but the sign.</summary>
    public const int Magnitude = 0x7F;

    /// <summary>How much further up fp32 has the fraction of e4m3.</summary>
    public const int E4M3Shift = 20;

    /// <summary>The bits of fp32 that e4m3 has too, the exponent's at their lower end.</summary>
    public const int E4M3SignAndMagnitude = unchecked((int)0x87F0_0000);

    /// <summary>2¹²⁰: the difference of the exponents' biases of fp32 and e4m3; that of e5m2 is fp16's.</summary>
    public const float E4M3Rebias = 1.329227995784916e36f;

    /// <summary>How much further up fp32 has the fraction of e5m2.</summary>
    public const int E5M2Shift = 21;

    /// <summary>The bits of fp32 that e5m2 has too, the exponent's at their lower end.</summary>
    public const int E5M2SignAndMagnitude = unchecked((int)0x8FE0_0000);

    /// <summary>The magnitude of e5m2's infinity.</summary>
    public const int E5M2Infinity = 0x7C;

    /// <summary>A NaN of fp32.</summary>
    public const int QuietNaN = 0x7FC0_0000;
}
