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

    /// <summary>The number that the thread of a lane has.</summary>
    [IntrinsicImplementation]
    public static uint From(uint value, int lane) => throw CudaOnly.Refusal;

    /// <summary>The number of 64 bits that the thread of a lane has.</summary>
    public static long From(long value, int lane) => ((long)From((uint)(value >> 32), lane) << 32) | From((uint)value, lane);

    private static void FromPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.idx.b32 $result, $value, $lane, 31, 0xffffffff;");

    private static void XorPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.bfly.b32 $result, $value, $mask, 31, 0xffffffff;");
}
