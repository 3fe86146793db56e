using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Two numbers of 8 bits or fewer as bf16 or fp16 in one register, the first in its lower half: what tensor cores multiply. All
/// are exact. Which of the two it is, is a constant.</summary>
internal static class FactorPair
{
    private static readonly PairText _bf16 = new("bf16x2", "0x43004300", "0x3F803F80", "0xC308C308");
    private static readonly PairText _fp16 = new("f16x2", "0x64006400", "0x3C003C00", "0xE408E408");

    /// <summary>Two numbers that both can store.</summary>
    public static uint Of(float first, float second, bool asHalf) => asHalf
        ? HalfPair.Of(first, second)
        : (Interop.FloatAsInt(first) >> 16) | (Interop.FloatAsInt(second) & 0xFFFF_0000);

    /// <summary>Two signed bytes.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which byte is the first.</param>
    /// <param name="asHalf">Whether as fp16.</param>
    [IntrinsicImplementation]
    public static uint OfInt8(uint word, int place, bool asHalf) =>
        Of(StoredInt8.Widen(word, place), StoredInt8.Widen(word, place + 1), asHalf);

    /// <summary>Two fields of four bits, each 8 more than its number.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which field is the first.</param>
    /// <param name="asHalf">Whether as fp16.</param>
    [IntrinsicImplementation]
    public static uint OfInt4(uint word, int place, bool asHalf) =>
        Of(StoredInt4.Widen(word, place), StoredInt4.Widen(word, place + 1), asHalf);

    /// <summary>Two bytes of e4m3.</summary>
    /// <inheritdoc cref="OfInt8"/>
    [IntrinsicImplementation]
    public static uint OfFp8E4M3(uint word, int place, bool asHalf) =>
        Of(StoredFp8E4M3.Widen(word, place), StoredFp8E4M3.Widen(word, place + 1), asHalf);

    /// <summary>Two bytes of e5m2.</summary>
    /// <inheritdoc cref="OfInt8"/>
    [IntrinsicImplementation]
    public static uint OfFp8E5M2(uint word, int place, bool asHalf) =>
        Of(StoredFp8E5M2.Widen(word, place), StoredFp8E5M2.Widen(word, place + 1), asHalf);

    // bf16: 128 and seven bits, less 128 or, by the eighth, 256. fp16 has room for eight bits beside the exponent of 1,024: a byte of 128
    // more than its number, less 1,152.
    private static void OfInt8Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => Write(
        generator, call,
        """
        .reg .b32 order, both, magnitude, sign, minus;
        mad.lo.u32 order, $place, 0x0101, 0x4140;
        prmt.b32 both, $word, 0, order;
        lop3.b32 magnitude, both, 0x007F007F, 0x43004300, 0xEA;
        lop3.b32 sign, both, 0x00800080, 0x43004300, 0xEA;
        mov.b32 minus, 0xBF80BF80;
        fma.rn.bf16x2 $result, sign, minus, magnitude;
        """,
        """
        .reg .b32 order, raised, both, one, less;
        mad.lo.u32 order, $place, 0x0101, 0x4140;
        xor.b32 raised, $word, 0x80808080;
        prmt.b32 both, raised, 0x64, order;
        mov.b32 one, 0x3C003C00;
        mov.b32 less, 0xE480E480;
        fma.rn.f16x2 $result, both, one, less;
        """);

    private static void OfInt4Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Write(generator, call, _bf16.OfInt4(), _fp16.OfInt4());

    // The exponents' biases differ by 2¹²⁰, or by 2⁸. All ones are NaN.
    private static void OfFp8E4M3Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => Write(
        generator, call,
        _bf16.OfFp8(new("0x07F007F0", 4, "0x7B807B80"), new("0x7F007F00", 9, "0x01000100")),
        _fp16.OfFp8(new("0x3F803F80", 1, "0x5C005C00"), new("0x7F007F00", 6, "0x01000100")));

    // bf16: by 2¹¹²; the largest exponent is that of infinity and NaN. e5m2 is the upper half of fp16.
    private static void OfFp8E5M2Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => Write(
        generator, call,
        _bf16.OfFp8(new("0x0FE00FE0", 3, "0x77807780"), new("0x7C007C00", 8, "0x04000400")),
        """
        .reg .b32 order;
        mad.lo.u32 order, $place, 0x1010, 0x1404;
        prmt.b32 $result, $word, 0, order;
        """);

    private static void Write(PTXCodeGenerator generator, Value call, string bf16, string fp16)
    {
        var body = new PtxBody(generator, call);
        body.Write(body.IsTrue("asHalf") ? fp16 : bf16);
    }
}
