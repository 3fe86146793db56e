using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Scores, or −∞ where they are masked, without a branch: ILGPU takes seconds for some hundred of those.</summary>
internal static class MaskedScore
{
    /// <summary>The score where first ≤ key &lt; end, otherwise −∞.</summary>
    [IntrinsicImplementation]
    public static float Within(float score, int key, int first, int end) => throw CudaOnly.Refusal;

    /// <summary>The score where a bit is set, otherwise −∞.</summary>
    /// <param name="score">The score.</param>
    /// <param name="bits">A bit a score.</param>
    /// <param name="bit">Which one it is, a constant.</param>
    [IntrinsicImplementation]
    public static float Where(float score, uint bits, int bit) => throw CudaOnly.Refusal;

    private static void WithinPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .pred allowed;
        setp.ge.s32 allowed, $key, $first;
        setp.lt.and.s32 allowed, $key, $end, allowed;
        selp.f32 $result, $score, 0fFF800000, allowed;
        """);

    private static void WherePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .pred allowed;
        .reg .b32 set;
        bfe.u32 set, $bits, #bit, 1;
        setp.ne.u32 allowed, set, 0;
        selp.f32 $result, $score, 0fFF800000, allowed;
        """);
}
