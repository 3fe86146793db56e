using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Two numbers as bf16 in one register, the first in its lower half: what tensor cores multiply. All are exact.</summary>
internal static class BFloat16Pair
{
    private static readonly PairText _text = new("bf16x2", "0x43004300", "0x3F803F80", "0xC308C308");

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

    private static void OfInt4Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) => _text.OfInt4(generator, call);

    // The exponents' biases differ by 2¹²⁰. All ones are NaN.
    private static void OfFp8E4M3Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        _text.OfFp8(generator, call, new("0x07F007F0", 4, "0x7B807B80"), new("0x7F007F00", 9, "0x01000100"));

    // By 2¹¹². The largest exponent is that of infinity and NaN.
    private static void OfFp8E5M2Ptx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        _text.OfFp8(generator, call, new("0x0FE00FE0", 3, "0x77807780"), new("0x7C007C00", 8, "0x04000400"));
}
