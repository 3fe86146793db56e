using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// cp.async: copies from global to shared memory that pass registers and the first cache by and go on while the thread computes. PTX ISA,
/// "Data Movement and Conversion Instructions: cp.async".
/// </summary>
/// <remarks>
/// A thread sees its own copies after <see cref="Wait"/>, and those of the other threads of its group after the next barrier.
/// </remarks>
internal static class AsyncCopy
{
    /// <summary>Copies 16 bytes, of which only the first <paramref name="bytes"/> are read; the others become 0.</summary>
    /// <param name="target">The address in shared memory, a multiple of 16.</param>
    /// <param name="source">The address in global memory, a multiple of 16; not read where there are no bytes.</param>
    /// <param name="bytes">16 or less; 0 for what lies outside.</param>
    [IntrinsicImplementation]
    public static void Copy(int target, long source, int bytes) => throw CudaOnly.Refusal;

    /// <summary>Copies 4 or 8 bytes, likewise; they pass through the first cache.</summary>
    /// <param name="target">The address in shared memory, a multiple of <paramref name="size"/>.</param>
    /// <param name="source">The address in global memory, likewise.</param>
    /// <param name="bytes">How many of them are read.</param>
    /// <param name="size">4 or 8, a constant.</param>
    [IntrinsicImplementation]
    public static void CopyFew(int target, long source, int bytes, int size) => throw CudaOnly.Refusal;

    /// <summary>Makes a group of the thread's copies since the last one.</summary>
    [IntrinsicImplementation]
    public static void Commit() => throw CudaOnly.Refusal;

    /// <summary>Waits until all groups of the thread but the newest <paramref name="pending"/> are copied.</summary>
    /// <param name="pending">A constant.</param>
    [IntrinsicImplementation]
    public static void Wait(int pending) => throw CudaOnly.Refusal;

    private static void CopyPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("cp.async.cg.shared.global [$target], [$source], 16, $bytes;");

    private static void CopyFewPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("cp.async.ca.shared.global [$target], [$source], #size, $bytes;");

    private static void CommitPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("cp.async.commit_group;");

    private static void WaitPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("cp.async.wait_group #pending;");
}
