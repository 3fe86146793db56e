using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// Vector micro-kernels over rows of consecutive elements, for the Vector schedule: dot product, products and multiply-add.
/// </summary>
/// <remarks>
/// The C# bodies run on the managed CPU at its full vector width; the OpenCL bodies keep vectors of <see cref="OpenClText.RowLanes"/>
/// lanes inside the emitted text.
/// Element access through a view checks one element, so the public forms, which take views, check the whole extent first.
/// The order of additions depends on the device but never on the data or the thread: results repeat bit for bit.
/// </remarks>
internal static class VectorRow
{
    private const int Lanes = OpenClText.RowLanes;

    /// <summary>Σᵢ left[i]·right[i] over <paramref name="count"/> ≥ 1 elements.</summary>
    public static float Dot(ArrayView<float> left, ArrayView<float> right, int count)
    {
        MicroKernel.CheckExtent(left.Length, count);
        MicroKernel.CheckExtent(right.Length, count);
        return DotCore(ref left[0], ref right[0], count);
    }

    /// <summary>accumulator[i] += factor·row[i] for <paramref name="count"/> ≥ 1 elements, each with one rounding.</summary>
    public static void MultiplyAdd(ArrayView<float> accumulator, float factor, ArrayView<float> row, int count)
    {
        MicroKernel.CheckExtent(accumulator.Length, count);
        MicroKernel.CheckExtent(row.Length, count);
        MultiplyAddCore(ref accumulator[0], factor, ref row[0], count);
    }

    /// <summary>target[i] = factor·row[i] for <paramref name="count"/> ≥ 1 elements; target and row may be the same.</summary>
    public static void Scale(ArrayView<float> target, float factor, ArrayView<float> row, int count)
    {
        MicroKernel.CheckExtent(target.Length, count);
        MicroKernel.CheckExtent(row.Length, count);
        ScaleCore(ref target[0], factor, ref row[0], count);
    }

    /// <summary>target[i] *= row[i] for <paramref name="count"/> ≥ 1 elements.</summary>
    public static void Multiply(ArrayView<float> target, ArrayView<float> row, int count)
    {
        MicroKernel.CheckExtent(target.Length, count);
        MicroKernel.CheckExtent(row.Length, count);
        MultiplyCore(ref target[0], ref row[0], count);
    }

    /// <summary>target[i] = 0 for <paramref name="count"/> ≥ 1 elements, whatever they held before.</summary>
    public static void Clear(ArrayView<float> target, int count)
    {
        MicroKernel.CheckExtent(target.Length, count);
        ClearCore(ref target[0], count);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static float DotCore(ref float left, ref float right, int count) =>
        TensorPrimitives.Dot(Row(ref left, count), Row(ref right, count));

    private static void DotCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write($$"""
            float{{Lanes}} sum = 0.0f;
            float tail = 0.0f;
            int i = 0;
            for (; i + {{Lanes}} <= count; i += {{Lanes}})
                sum = fma(vload{{Lanes}}(0, left + i), vload{{Lanes}}(0, right + i), sum);
            for (; i < count; i++) tail = fma(left[i], right[i], tail);
            {{OpenClText.Sum("result", "sum", Lanes, "tail")}}
            """);

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void MultiplyAddCore(ref float accumulator, float factor, ref float row, int count)
    {
        Span<float> target = Row(ref accumulator, count);
        TensorPrimitives.FusedMultiplyAdd(Row(ref row, count), factor, target, target);
    }

    private static void MultiplyAddCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write($$"""
            int i = 0;
            for (; i + {{Lanes}} <= count; i += {{Lanes}})
                vstore{{Lanes}}(
                    fma((float{{Lanes}})factor, vload{{Lanes}}(0, row + i), vload{{Lanes}}(0, accumulator + i)), 0, accumulator + i);
            for (; i < count; i++) accumulator[i] = fma(factor, row[i], accumulator[i]);
            """);

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void ScaleCore(ref float target, float factor, ref float row, int count) =>
        TensorPrimitives.Multiply(Row(ref row, count), factor, Row(ref target, count));

    private static void ScaleCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write($$"""
            int i = 0;
            for (; i + {{Lanes}} <= count; i += {{Lanes}})
                vstore{{Lanes}}(factor * vload{{Lanes}}(0, row + i), 0, target + i);
            for (; i < count; i++) target[i] = factor * row[i];
            """);

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void MultiplyCore(ref float target, ref float row, int count) =>
        TensorPrimitives.Multiply(Row(ref target, count), Row(ref row, count), Row(ref target, count));

    private static void MultiplyCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write($$"""
            int i = 0;
            for (; i + {{Lanes}} <= count; i += {{Lanes}})
                vstore{{Lanes}}(vload{{Lanes}}(0, target + i) * vload{{Lanes}}(0, row + i), 0, target + i);
            for (; i < count; i++) target[i] *= row[i];
            """);

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void ClearCore(ref float target, int count) => Row(ref target, count).Clear();

    private static void ClearCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("for (int i = 0; i < count; i++) target[i] = 0.0f;");

    private static Span<float> Row(ref float first, int count) => MemoryMarshal.CreateSpan(ref first, count);
}
