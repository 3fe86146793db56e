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

    /// <summary>The number that one of the thread's eight neighbouring lanes has; its place is a constant.</summary>
    [IntrinsicImplementation]
    public static uint OfEight(uint value, int place) => throw CudaOnly.Refusal;

    /// <summary>The number of 64 bits that it has.</summary>
    public static long OfEight(long value, int place) => ((long)OfEight((uint)(value >> 32), place) << 32) | OfEight((uint)value, place);

    // The lane's upper two bits stay.
    private static void OfEightPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.idx.b32 $result, $value, #place, 0x181F, 0xffffffff;");

    private static void FromPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.idx.b32 $result, $value, $lane, 31, 0xffffffff;");

    private static void XorPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.bfly.b32 $result, $value, $mask, 31, 0xffffffff;");
}
