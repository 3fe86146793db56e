using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>fp16 bits to fp32 and back. OpenCL C converts in memory without the fp16 extension, which processors' drivers lack.</summary>
internal static class HalfConversion
{
    /// <summary>The number of these bits, exactly.</summary>
    [IntrinsicImplementation]
    public static float Widen(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>The bits of the nearest fp16 number, of two the even one; what is too large becomes infinity.</summary>
    [IntrinsicImplementation]
    public static ushort Narrow(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    private static void WidenOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("result = vload_half(0, (const private half*)&bits);");

    private static void NarrowOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("""
            ushort bits;
            vstore_half_rte(value, 0, (private half*)&bits);
            result = bits;
            """);

    private static void WidenPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b16 h;
        mov.b16 h, $bits;
        cvt.f32.f16 $result, h;
        """);

    private static void NarrowPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .b16 h;
        cvt.rn.f16.f32 h, $value;
        mov.b16 $result, h;
        """);
}
