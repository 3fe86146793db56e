using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Two numbers as fp16 in one register, the first in its lower half: what tensor cores multiply.</summary>
internal static class HalfPair
{
    // The exponents of the powers of two, with fp32's bias, from the smallest that is a normal fp16 number.
    private const int SmallestExponent = 127 - 14;
    private const int LargestExponent = 127;

    private const int ExponentShift = 23;
    private const int FractionBits = 10;

    private const float Largest = 65504f;

    private static readonly PairText _text = new("f16x2", "0x64006400", "0x3C003C00", "0xE408E408");

    /// <summary>Two numbers that fp16 can store.</summary>
    public static uint Of(float first, float second) => HalfConversion.Narrow(first) | ((uint)HalfConversion.Narrow(second) << 16);

    /// <inheritdoc cref="BFloat16Pair.OfInt8"/>
    [IntrinsicImplementation]
    public static uint OfInt8(uint word, int place) => Of(StoredInt8.Widen(word, place), StoredInt8.Widen(word, place + 1));

    /// <inheritdoc cref="BFloat16Pair.OfInt4"/>
    [IntrinsicImplementation]
    public static uint OfInt4(uint word, int place) => Of(StoredInt4.Widen(word, place), StoredInt4.Widen(word, place + 1));

    /// <inheritdoc cref="BFloat16Pair.OfFp8E4M3"/>
    [IntrinsicImplementation]
    public static uint OfFp8E4M3(uint word, int place) => Of(StoredFp8E4M3.Widen(word, place), StoredFp8E4M3.Widen(word, place + 1));

    /// <inheritdoc cref="BFloat16Pair.OfFp8E5M2"/>
    [IntrinsicImplementation]
    public static uint OfFp8E5M2(uint word, int place) => Of(StoredFp8E5M2.Widen(word, place), StoredFp8E5M2.Widen(word, place + 1));

    /// <summary>Both times the same, a pair of a power of two; exact down to fp16's smallest number.</summary>
    [IntrinsicImplementation]
    public static uint Scale(uint pair, uint power) => Of(
        StoredFp16.Widen(pair, 0) * StoredFp16.Widen(power, 0), StoredFp16.Widen(pair, 1) * StoredFp16.Widen(power, 1));

    /// <summary>The largest power of two not above the scale's magnitude, from 2⁻¹⁴ to 1, as a pair.</summary>
    public static uint Power(float scale) => (uint)((Exponent(scale) - SmallestExponent + 1) << FractionBits) * 0x10001;

    /// <summary>The scale over that power, exactly; NaN where fp16 ends before it.</summary>
    public static float Rest(float scale)
    {
        float rest = scale * Interop.IntAsFloat((uint)(254 - Exponent(scale)) << ExponentShift);
        return Math.Abs(rest) > Largest ? float.NaN : rest;
    }

    private static int Exponent(float scale) => Math.Max(
        SmallestExponent, Math.Min((int)(Interop.FloatAsInt(scale) >> ExponentShift) & 0xFF, LargestExponent));

    // Beside the exponent of 1,024 a byte of 128 more than its number is so much more than it.
    private static void OfInt8Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b32 order, raised, both, one, less;
        mad.lo.u32 order, $place, 0x0101, 0x4140;
        xor.b32 raised, $word, 0x80808080;
        prmt.b32 both, raised, 0x64, order;
        mov.b32 one, 0x3C003C00;
        mov.b32 less, 0xE480E480;
        fma.rn.f16x2 $result, both, one, less;
        """);

    private static void OfInt4Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => _text.OfInt4(generator, call);

    // The exponents' biases differ by 2⁸. All ones are NaN.
    private static void OfFp8E4M3Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        _text.OfFp8(generator, call, new("0x3F803F80", 1, "0x5C005C00"), new("0x7F007F00", 6, "0x01000100"));

    // e5m2 is the upper half of fp16.
    private static void OfFp8E5M2Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b32 order;
        mad.lo.u32 order, $place, 0x1010, 0x1404;
        prmt.b32 $result, $word, 0, order;
        """);

    private static void ScalePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("mul.rn.f16x2 $result, $pair, $power;");
}
