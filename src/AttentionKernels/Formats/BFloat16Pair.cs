using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Two numbers as bf16 in one register, the first in its lower half: what tensor cores multiply. All are exact.</summary>
/// <remarks>
/// In PTX both at a time, without conversions from integers, of which a multiprocessor makes 16 a cycle. bf16 numbers from 128 on count in
/// ones: the bits of a whole number of up to 7 bits beside the exponent of 128 are 128 more than it. fp8 numbers need another exponent, by
/// a product, which also makes subnormal numbers normal.
/// </remarks>
internal static class BFloat16Pair
{
    /// <summary>Two numbers that bf16 can store.</summary>
    public static uint Of(float first, float second) => (Interop.FloatAsInt(first) >> 16) | (Interop.FloatAsInt(second) & 0xFFFF_0000);

    /// <summary>Two signed bytes.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which byte is the first.</param>
    [IntrinsicImplementation]
    public static uint OfInt8(uint word, int place) => Of(StoredInt8.Widen(word, place), StoredInt8.Widen(word, place + 1));

    /// <summary>Two fields of four bits, each 8 more than its number.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which field is the first.</param>
    [IntrinsicImplementation]
    public static uint OfInt4(uint word, int place) => Of(StoredInt4.Widen(word, place), StoredInt4.Widen(word, place + 1));

    /// <summary>Two bytes of e4m3.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which byte is the first.</param>
    [IntrinsicImplementation]
    public static uint OfFp8E4M3(uint word, int place) => Of(StoredFp8E4M3.Widen(word, place), StoredFp8E4M3.Widen(word, place + 1));

    /// <summary>Two bytes of e5m2.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Which byte is the first.</param>
    [IntrinsicImplementation]
    public static uint OfFp8E5M2(uint word, int place) => Of(StoredFp8E5M2.Widen(word, place), StoredFp8E5M2.Widen(word, place + 1));

    // 128 and seven bits, less 128 or, by the eighth, 256.
    private static void OfInt8Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b32 order, both, magnitude, sign, minus;
        mad.lo.u32 order, $place, 0x0101, 0x4140;
        prmt.b32 both, $word, 0, order;
        lop3.b32 magnitude, both, 0x007F007F, 0x43004300, 0xEA;
        lop3.b32 sign, both, 0x00800080, 0x43004300, 0xEA;
        mov.b32 minus, 0xBF80BF80;
        fma.rn.bf16x2 $result, sign, minus, magnitude;
        """);

    // 128 and four bits, less 136.
    private static void OfInt4Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b32 bit, both, upper, one, less;
        shl.b32 bit, $place, 2;
        shr.u32 both, $word, bit;
        shl.b32 upper, both, 12;
        lop3.b32 both, both, 0x0000000F, 0x43004300, 0xEA;
        lop3.b32 both, upper, 0x000F0000, both, 0xEA;
        mov.b32 one, 0x3F803F80;
        mov.b32 less, 0xC308C308;
        fma.rn.bf16x2 $result, both, one, less;
        """);

    // The exponents' biases differ by 2¹²⁰. All ones are NaN.
    private static void OfFp8E4M3Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        OfFp8Ptx(generator, call, new("0x07F007F0", 4, "0x7B807B80"), new("0x7F007F00", 9, "0x01000100"));

    // By 2¹¹². The largest exponent is that of infinity and NaN.
    private static void OfFp8E5M2Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        OfFp8Ptx(generator, call, new("0x0FE00FE0", 3, "0x77807780"), new("0x7C007C00", 8, "0x04000400"));

    // Where bits are all ones, the carry into the sign's place becomes the bits that infinity and NaN have.
    private static void OfFp8Ptx(PTXCodeGenerator generator, Value call, Fp8Bits magnitude, Fp8Bits largest) =>
        new PtxBody(generator, call).Write($"""
            .reg .b32 order, both, number, rebias, zero, special, less;
            mad.lo.u32 order, $place, 0x1010, 0x1404;
            prmt.b32 both, $word, 0, order;
            shr.u32 number, both, {magnitude.Shift};
            and.b32 number, number, {magnitude.Mask};
            lop3.b32 number, both, 0x80008000, number, 0xEA;
            mov.b32 rebias, {magnitude.Operand};
            mov.b32 zero, 0x80008000;
            fma.rn.bf16x2 number, number, rebias, zero;
            and.b32 special, both, {largest.Mask};
            add.u32 special, special, {largest.Operand};
            and.b32 special, special, 0x80008000;
            shr.u32 less, special, {largest.Shift};
            sub.u32 special, special, less;
            or.b32 $result, number, special;
            """);

    /// <summary>Bits of a pair of fp8 numbers, and what is done to them.</summary>
    /// <param name="Mask">The bits.</param>
    /// <param name="Shift">How far they go down.</param>
    /// <param name="Operand">What they are multiplied by, or what is added.</param>
    private readonly record struct Fp8Bits(string Mask, int Shift, string Operand);
}
