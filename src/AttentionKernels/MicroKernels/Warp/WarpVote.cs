using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Votes of the threads of a warp. PTX ISA, "vote.sync".</summary>
/// <remarks>
/// A condition is a number, and not a <see cref="bool"/>: ILGPU compiles <c>&amp;&amp;</c> to branches, and takes such as depend on an
/// intrinsic for uniform.
/// </remarks>
internal static class WarpVote
{
    /// <summary>1 where the number of any thread is not 0, otherwise 0; the same for all threads.</summary>
    [IntrinsicImplementation]
    public static int Any(int condition) => throw CudaOnly.Refusal;

    /// <summary>A bit a lane: whether its number is not 0.</summary>
    [IntrinsicImplementation]
    public static uint Ballot(int condition) => throw CudaOnly.Refusal;

    private static void AnyPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .pred any;
        setp.ne.s32 any, $condition, 0;
        vote.sync.any.pred any, any, 0xffffffff;
        selp.s32 $result, 1, 0, any;
        """);

    private static void BallotPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .pred own;
        setp.ne.s32 own, $condition, 0;
        vote.sync.ballot.b32 $result, own, 0xffffffff;
        """);
}
