using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Exchange of numbers between the threads of a warp, which OpenCL calls a subgroup. PTX ISA, "shfl.sync"; OpenCL extension
/// "cl_khr_subgroup_shuffle".</summary>
internal static class WarpShuffle
{
    /// <summary>The number that the thread has whose lane is this one's XOR <paramref name="mask"/>: masks 1 and 2 stay within a
    /// quad.</summary>
    [IntrinsicImplementation]
    public static float Xor(float value, int mask) => throw CudaOnly.Refusal;

    /// <summary>The number that the thread of a lane has.</summary>
    [IntrinsicImplementation]
    public static uint From(uint value, int lane) => throw CudaOnly.Refusal;

    /// <summary>Likewise of a number.</summary>
    public static float From(float value, int lane) => Interop.IntAsFloat(From(Interop.FloatAsInt(value), lane));

    /// <summary>The number of 64 bits that the thread of a lane has.</summary>
    public static long From(long value, int lane) => ((long)From((uint)(value >> 32), lane) << 32) | From((uint)value, lane);

    /// <summary>The number that one of the thread's eight neighbouring lanes has; its place is a constant.</summary>
    [IntrinsicImplementation]
    public static uint OfEight(uint value, int place) => throw CudaOnly.Refusal;

    /// <summary>The number of 64 bits that it has.</summary>
    public static long OfEight(long value, int place) => ((long)OfEight((uint)(value >> 32), place) << 32) | OfEight((uint)value, place);

    /// <summary>Σ of the numbers that sixteen neighbouring threads have: neighbours first, then pairs, and so on. By shuffles on CUDA and
    /// where an OpenCL device has subgroups of a multiple of sixteen; elsewhere from shared memory.</summary>
    /// <remarks>Subgroups are taken to consist of threads whose numbers follow one another, as every driver makes them.</remarks>
    /// <param name="value">The thread's number.</param>
    /// <param name="numbers">The first of the sixteen in shared memory, where all threads have stored theirs before a barrier.</param>
    [IntrinsicImplementation]
    public static float SumOfSixteen(float value, ref float numbers)
    {
        return Eight(ref numbers) + Eight(ref Unsafe.Add(ref numbers, 8));
        static float Eight(ref float first) => Four(ref first) + Four(ref Unsafe.Add(ref first, 4));
        static float Four(ref float first) =>
            first + Unsafe.Add(ref first, 1) + (Unsafe.Add(ref first, 2) + Unsafe.Add(ref first, 3));
    }

    private static void SumOfSixteenPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write(
        """
        .reg .f32 other;
        shfl.sync.bfly.b32 other, $value, 1, 31, 0xffffffff;
        add.rn.f32 $result, $value, other;
        shfl.sync.bfly.b32 other, $result, 2, 31, 0xffffffff;
        add.rn.f32 $result, $result, other;
        shfl.sync.bfly.b32 other, $result, 4, 31, 0xffffffff;
        add.rn.f32 $result, $result, other;
        shfl.sync.bfly.b32 other, $result, 8, 31, 0xffffffff;
        add.rn.f32 $result, $result, other;
        """);

    private static void SumOfSixteenOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("""
            #ifdef cl_khr_subgroup_shuffle
            if (get_max_sub_group_size() % 16 == 0)
            {
                result = value;
                for (uint step = 1; step < 16; step *= 2)
                    result += sub_group_shuffle_xor(result, step);
            }
            else
            #endif
            {
                const float16 all = vload16(0, numbers);
                const float8 pairs = all.even + all.odd;
                const float4 fours = pairs.even + pairs.odd;
                const float2 eights = fours.even + fours.odd;
                result = eights.x + eights.y;
            }
            """);

    // The lane's upper two bits stay.
    private static void OfEightPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.idx.b32 $result, $value, #place, 0x181F, 0xffffffff;");

    private static void FromPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.idx.b32 $result, $value, $lane, 31, 0xffffffff;");

    private static void XorPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("shfl.sync.bfly.b32 $result, $value, $mask, 31, 0xffffffff;");
}
