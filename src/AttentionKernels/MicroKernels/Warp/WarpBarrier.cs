using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>The barrier of a warp, which also orders its accesses to memory. PTX ISA, "bar.warp.sync".</summary>
internal static class WarpBarrier
{
    /// <summary>Waits for the other threads of the warp.</summary>
    [IntrinsicImplementation]
    public static void Wait() => throw CudaOnly.Refusal;

    private static void WaitPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("bar.warp.sync 0xffffffff;");
}
