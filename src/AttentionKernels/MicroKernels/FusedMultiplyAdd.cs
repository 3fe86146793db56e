using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// a·b + c with one rounding. ILGPU compiles <c>a * b + c</c> to two statements, which OpenCL compilers may not contract, and
/// <see cref="MathF.FusedMultiplyAdd"/> to a call without a body.
/// </summary>
internal static class FusedMultiplyAdd
{
    /// <summary>a·b + c, rounded once.</summary>
    [IntrinsicImplementation]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    private static void FmaOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("fma(a, b, c)");

    private static void FmaPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("fma.rn.f32 $result, $a, $b, $c;");
}
