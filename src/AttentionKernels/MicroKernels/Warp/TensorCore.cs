using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// Products of small matrices by the tensor cores of CUDA devices, sm_80 and newer, and the register tiles that are made of them. All 32
/// threads of a warp call each function together.
/// </summary>
/// <typeparam name="TElement">The format whose factors are multiplied (<see cref="IFormat{TSelf}.MmaType"/>); sums are fp32.</typeparam>
internal static partial class TensorCore<TElement>
    where TElement : unmanaged, IFormat<TElement>
{
    /// <summary>A·B + C, 16 × 8 × 16: PTX ISA, "Multiply-and-Accumulate Instruction: mma", mma.m16n8k16.</summary>
    [IntrinsicImplementation]
    public static Accumulator MultiplyAdd(FragmentA a, FragmentB b, Accumulator c) => throw CudaOnly.Refusal;

    /// <summary>Two numbers in one register, each rounded to the nearest: PTX ISA, "cvt" to f16x2 and bf16x2.</summary>
    [IntrinsicImplementation]
    public static uint Pack(float low, float high) => throw CudaOnly.Refusal;

    /// <summary>One of two packed numbers, the lower at place 0, in fp32.</summary>
    public static float Unpack(uint packed, int place) =>
        TElement.HasHalfFactors ? StoredFp16.Widen(packed, place) : StoredBf16.Widen(packed, place);

    private static void MultiplyAddPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write(
            $"mma.sync.aligned.m16n8k16.row.col.f32.{TElement.MmaType}.{TElement.MmaType}.f32 {{$result}}, {{$a}}, {{$b}}, {{$c}};");

    private static void PackPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write($"cvt.rn.{TElement.MmaType}x2.f32 $result, $high, $low;");
}
