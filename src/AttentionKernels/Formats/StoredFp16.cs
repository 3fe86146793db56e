using AttentionKernels.MicroKernels;

namespace AttentionKernels.Formats;

/// <summary>IEEE fp16: 5 bits of exponent, 10 of fraction; the bits of a <see cref="Half"/>, which kernels cannot use.</summary>
internal readonly struct StoredFp16(ushort bits) : IElement<StoredFp16>
{
    private readonly ushort _bits = bits;

    public static int PerUnit => 1;

    public static bool IsScaled => false;

    public static float Largest => 65504f;

    public static float Widen(StoredFp16 unit, int place) => Widen(unit);

    public static StoredFp16 Narrow(float first, float second) => Narrow(first);

    public static float Widen(StoredFp16 stored) => HalfConversion.Widen(stored._bits);

    public static StoredFp16 Narrow(float value) => new(HalfConversion.Narrow(value));
}
