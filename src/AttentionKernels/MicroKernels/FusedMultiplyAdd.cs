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
        OpenClText.Assign(generator, call,
            $"fma({OpenClText.Operand(generator, call[0])}, {OpenClText.Operand(generator, call[1])}, {OpenClText.Operand(generator, call[2])})");

    private static void FmaPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        PtxText.Assign(generator, call, "fma.rn.f32", call[0], call[1], call[2]);
}
