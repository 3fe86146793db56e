using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Exchange of numbers between the threads of a warp. PTX ISA, "shfl.sync".</summary>
internal static class WarpShuffle
{
    /// <summary>The number that the thread has whose lane is this one's XOR <paramref name="mask"/>: masks 1 and 2 stay within a
    /// quad.</summary>
    [IntrinsicImplementation]
    public static float Xor(float value, int mask) => throw CudaOnly.Refusal;

    private static void XorPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.bfly.b32 $result, $value, $mask, 31, 0xffffffff;");
}
