using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>One of two numbers by a comparison. <c>?:</c> is not enough: in CUDA kernels ILGPU takes the wrong side for a NaN.</summary>
internal static class Selection
{
    /// <summary>then where left &lt; right, which is not so where one is a NaN; otherwise elsewhere.</summary>
    [IntrinsicImplementation]
    public static float IfLess(float left, float right, float then, float otherwise) => left < right ? then : otherwise;

    private static void IfLessOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("left < right ? then : otherwise");

    private static void IfLessPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .pred less;
        setp.lt.f32 less, $left, $right;
        selp.f32 $result, $then, $otherwise, less;
        """);
}
