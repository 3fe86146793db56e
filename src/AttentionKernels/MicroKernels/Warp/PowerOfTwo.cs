using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// 2ˣ in one instruction of the special function unit, to 2 ulp: PTX ISA, "ex2.approx.ftz.f32". What is below the normal numbers is 0, and
/// of −∞ too; whole exponents are exact.
/// </summary>
/// <remarks>For weights that are rounded to 16 bits; <see cref="Exponential"/> is for fp32.</remarks>
internal static class PowerOfTwo
{
    /// <summary>2ˣ.</summary>
    [IntrinsicImplementation]
    public static float Approximate(float x) => throw CudaOnly.Refusal;

    private static void ApproximatePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ex2.approx.ftz.f32 $result, $x;");
}
