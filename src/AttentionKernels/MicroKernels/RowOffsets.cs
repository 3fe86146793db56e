using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>Offset lists of gathered rows.</summary>
internal static class RowOffsets
{
    /// <summary>offsets[i] = start + i · stride for <paramref name="count"/> ≥ 1 entries.</summary>
    public static void Fill(ArrayView<long> offsets, long start, long stride, int count)
    {
        MicroKernel.CheckExtent(offsets.Length, count);
        FillCore(ref offsets[0], start, stride, count);
    }

    /// <summary>Whether every one of the offsets is from 0 to <paramref name="last"/>; devices do not check.</summary>
    public static bool AreWithin(ArrayView<long> offsets, int count, long last) => AreWithinCore(ref offsets[0], count, last) != 0;

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void FillCore(ref long offsets, long start, long stride, int count)
    {
        for (nint index = 0; index < count; index++, start += stride)
            Unsafe.Add(ref offsets, index) = start;
    }

    private static void FillCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("for (int i = 0; i < count; i++) offsets[i] = start + i * stride;");

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static int AreWithinCore(ref long offsets, int count, long last)
    {
        long smallest = long.MaxValue;
        long largest = long.MinValue;
        for (nint index = 0; index < count; index++)
        {
            smallest = Math.Min(smallest, Unsafe.Add(ref offsets, index));
            largest = Math.Max(largest, Unsafe.Add(ref offsets, index));
        }

        return smallest >= 0 && largest <= last ? 1 : 0;
    }

    private static void AreWithinCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("1");
}
