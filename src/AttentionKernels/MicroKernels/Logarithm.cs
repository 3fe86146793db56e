using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>ln x of a positive x, to about 3 ulp, near 1 to an absolute error of 2⁻²².</summary>
internal static class Logarithm
{
    /// <summary>ln x.</summary>
    [IntrinsicImplementation]
    public static float Log(float x) => MathF.Log(x);

    private static void LogOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("log(x)");

    private static void LogPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .f32 l;
        lg2.approx.f32 l, $x;
        mul.rn.f32 $result, l, 0f3F317218;
        """);
}
