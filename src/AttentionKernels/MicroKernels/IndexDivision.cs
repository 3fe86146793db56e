using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>Division of an index, by 32 bits where it has no more than 31. An intrinsic, since of two divisions in C# ILGPU makes a
/// selection, which computes both.</summary>
internal static class IndexDivision
{
    /// <summary>The quotient of an index, at least 0, and a divisor of at least 1.</summary>
    [IntrinsicImplementation]
    public static long Quotient(long index, int divisor) => index <= int.MaxValue ? (int)index / divisor : index / divisor;

    private static void QuotientOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("index <= 0x7fffffff ? (long)((int)index / divisor) : index / divisor");

    private static void QuotientPtx(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        // The quotient of 32 bits is wrong where it is not needed.
        var body = new PtxBody(generator, call);
        body.Write($"""
            .reg .pred wide;
            .reg .b32 narrow;
            .reg .b64 divisor;
            cvt.u32.u64 narrow, $index;
            div.u32 narrow, narrow, $divisor;
            cvt.u64.u32 $result, narrow;
            setp.gt.s64 wide, $index, 2147483647;
            @!wide bra {body.Label};
            cvt.s64.s32 divisor, $divisor;
            div.s64 $result, $index, divisor;
            {body.Label}:
            """);
    }
}
