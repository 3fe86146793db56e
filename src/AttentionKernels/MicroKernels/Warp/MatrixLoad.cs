using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// ldmatrix.x4: four 8 × 8 matrices of 16 bits from shared memory, a register each. PTX ISA, "Warp-level matrix load instruction:
/// ldmatrix".
/// </summary>
/// <remarks>
/// Lane 8·i + r gives the address of the 16 bytes of row r of matrix i. The thread gets of each matrix row g, columns 2t and 2t + 1, with
/// g = lane / 4 and t = lane % 4.
/// </remarks>
internal static class MatrixLoad
{
    /// <summary>Four matrices.</summary>
    /// <param name="row">The address of the lane's row in shared memory, a multiple of 16.</param>
    [IntrinsicImplementation]
    public static FragmentA Load(int row) => throw CudaOnly.Refusal;

    /// <summary>Four matrices, each transposed.</summary>
    /// <param name="row">The address of the lane's row in shared memory, a multiple of 16.</param>
    [IntrinsicImplementation]
    public static FragmentA LoadTransposed(int row) => throw CudaOnly.Refusal;

    private static void LoadPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {$result}, [$row];");

    private static void LoadTransposedPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {$result}, [$row];");
}
