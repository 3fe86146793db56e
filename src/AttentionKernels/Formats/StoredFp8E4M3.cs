namespace AttentionKernels.Formats;

/// <summary>
/// fp8 e4m3, times a scale: 4 bits of exponent, 3 of fraction, up to 448, NaN but no infinity. What is larger becomes 448, infinity NaN.
/// </summary>
/// <remarks>Micikevicius et al., "FP8 formats for deep learning", 2022.</remarks>
internal readonly struct StoredFp8E4M3(byte bits) : IFormat<StoredFp8E4M3>
{
    private const int FractionBits = 3;
    private const int Bias = 7;
    private const uint NaN = 0x7F;
    private const uint LargestBits = 0x7E;

    private readonly byte _bits = bits;

    public static int PerUnit => 1;

    public static bool IsScaled => true;

    public static float Largest => 448f;

    public static float Widen(StoredFp8E4M3 unit, int place) => Fp8.Widen(unit._bits, FractionBits, Bias, NaN, hasInfinity: false);

    public static StoredFp8E4M3 Narrow(float first, float second) => new(Fp8.Narrow(first, FractionBits, Bias, LargestBits, NaN, NaN));
}
