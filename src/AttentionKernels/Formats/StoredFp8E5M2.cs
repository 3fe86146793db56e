namespace AttentionKernels.Formats;

/// <summary>fp8 e5m2, times a scale: the upper half of an fp16 number, with 5 bits of exponent and 2 of fraction, up to 57344.</summary>
/// <remarks>Micikevicius et al., "FP8 formats for deep learning", 2022.</remarks>
internal readonly struct StoredFp8E5M2(byte bits) : IFormat<StoredFp8E5M2>
{
    private const int FractionBits = 2;
    private const int Bias = 15;
    private const uint LargestBits = 0x7B;
    private const uint Infinity = 0x7C;
    private const uint NaN = 0x7E;

    private readonly byte _bits = bits;

    public static int PerUnit => 1;

    public static bool IsScaled => true;

    public static float Largest => 57344f;

    public static float Widen(StoredFp8E5M2 unit, int place) => Fp8.Widen(unit._bits, FractionBits, Bias, Infinity, hasInfinity: true);

    public static StoredFp8E5M2 Narrow(float first, float second) => new(Fp8.Narrow(first, FractionBits, Bias, LargestBits, Infinity, NaN));
}
