using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Numbers of few bits, packed in a word.</summary>
internal static class BitField
{
    /// <summary>The signed number of some bits of a word, from one of them on.</summary>
    /// <remarks>CUDA converts a byte of a register to fp32 by one instruction where it is a bit field, and by two where it is
    /// shifted.</remarks>
    [IntrinsicImplementation]
    public static int Signed(uint word, int first, int bits) => (int)(word << (32 - first - bits)) >> (32 - bits);

    private static void SignedOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("(int)(word << (32 - first - bits)) >> (32 - bits)");

    private static void SignedPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("bfe.s32 $result, $word, $first, $bits;");
}
