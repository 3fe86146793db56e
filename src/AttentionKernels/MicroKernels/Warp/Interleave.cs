using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Halves of two registers, packed: columns of two rows from rows of two columns. PTX ISA, "prmt".</summary>
internal static class Interleave
{
    /// <summary>The lower halves.</summary>
    [IntrinsicImplementation]
    public static uint Lower(uint first, uint second) => throw CudaOnly.Refusal;

    /// <summary>The upper halves.</summary>
    [IntrinsicImplementation]
    public static uint Upper(uint first, uint second) => throw CudaOnly.Refusal;

    private static void LowerPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("prmt.b32 $result, $first, $second, 0x5410;");

    private static void UpperPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("prmt.b32 $result, $first, $second, 0x7632;");
}
