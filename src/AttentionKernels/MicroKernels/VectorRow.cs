using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
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
/// Element access through a view checks one element, so the public forms, which take view and offset, check the whole extent first.
/// The order of additions depends on the device but never on the data or the thread: results repeat bit for bit.
/// </remarks>
internal static class VectorRow
{
    private const int Lanes = OpenClText.RowLanes;

    /// <summary>Σᵢ left[i]·right[i] over <paramref name="count"/> ≥ 1 elements.</summary>
    public static float Dot(ArrayView<float> left, long leftOffset, ArrayView<float> right, long rightOffset, int count)
    {
        MicroKernel.CheckExtent(left, leftOffset, count);
        MicroKernel.CheckExtent(right, rightOffset, count);
        return DotCore(ref left[leftOffset], ref right[rightOffset], count);
    }

    /// <summary>accumulator[i] += factor·row[i] for <paramref name="count"/> ≥ 1 elements, each with one rounding.</summary>
    public static void MultiplyAdd(ArrayView<float> accumulator, long accumulatorOffset, float factor, ArrayView<float> row, long rowOffset, int count)
    {
        MicroKernel.CheckExtent(accumulator, accumulatorOffset, count);
        MicroKernel.CheckExtent(row, rowOffset, count);
        MultiplyAddCore(ref accumulator[accumulatorOffset], factor, ref row[rowOffset], count);
    }

    /// <summary>target[i] = factor·row[i] for <paramref name="count"/> ≥ 1 elements; target and row may be the same.</summary>
    public static void Scale(ArrayView<float> target, long targetOffset, float factor, ArrayView<float> row, long rowOffset, int count)
    {
        MicroKernel.CheckExtent(target, targetOffset, count);
        MicroKernel.CheckExtent(row, rowOffset, count);
        ScaleCore(ref target[targetOffset], factor, ref row[rowOffset], count);
    }

    /// <summary>target[i] *= row[i] for <paramref name="count"/> ≥ 1 elements.</summary>
    public static void Multiply(ArrayView<float> target, long targetOffset, ArrayView<float> row, long rowOffset, int count)
    {
        MicroKernel.CheckExtent(target, targetOffset, count);
        MicroKernel.CheckExtent(row, rowOffset, count);
        MultiplyCore(ref target[targetOffset], ref row[rowOffset], count);
    }

    /// <summary>target[i] = 0 for <paramref name="count"/> ≥ 1 elements, whatever they held before.</summary>
    public static void Clear(ArrayView<float> target, long targetOffset, int count)
    {
        MicroKernel.CheckExtent(target, targetOffset, count);
        ClearCore(ref target[targetOffset], count);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float DotCore(ref float left, ref float right, int count) =>
        TensorPrimitives.Dot(Row(ref left, count), Row(ref right, count));

    private static void DotCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        (string left, string right, string count) =
            (OpenClText.Operand(generator, call[0]), OpenClText.Operand(generator, call[1]), OpenClText.Operand(generator, call[2]));
        var result = generator.Allocate(call);
        generator.Declare(result);
        OpenClText.Statement(generator, $$"""
            {
                const {{OpenClText.AddressSpace(call[0])}} float* l = {{left}};
                const {{OpenClText.AddressSpace(call[1])}} float* r = {{right}};
                float{{Lanes}} s = 0.0f;
                float t = 0.0f;
                int i = 0;
                for (; i + {{Lanes}} <= {{count}}; i += {{Lanes}}) s = fma(vload{{Lanes}}(0, l + i), vload{{Lanes}}(0, r + i), s);
                for (; i < {{count}}; i++) t = fma(l[i], r[i], t);
                {{OpenClText.Sum(result.ToString()!, "s", Lanes, "t")}}
            }
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAddCore(ref float accumulator, float factor, ref float row, int count)
    {
        Span<float> target = Row(ref accumulator, count);
        TensorPrimitives.FusedMultiplyAdd(Row(ref row, count), factor, target, target);
    }

    private static void MultiplyAddCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            {
                {{OpenClText.AddressSpace(call[0])}} float* a = {{OpenClText.Operand(generator, call[0])}};
                const {{OpenClText.AddressSpace(call[2])}} float* r = {{OpenClText.Operand(generator, call[2])}};
                const float f = {{OpenClText.Operand(generator, call[1])}};
                int i = 0;
                for (; i + {{Lanes}} <= {{OpenClText.Operand(generator, call[3])}}; i += {{Lanes}})
                    vstore{{Lanes}}(fma((float{{Lanes}})f, vload{{Lanes}}(0, r + i), vload{{Lanes}}(0, a + i)), 0, a + i);
                for (; i < {{OpenClText.Operand(generator, call[3])}}; i++) a[i] = fma(f, r[i], a[i]);
            }
            """);

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScaleCore(ref float target, float factor, ref float row, int count) =>
        TensorPrimitives.Multiply(Row(ref row, count), factor, Row(ref target, count));

    private static void ScaleCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            {
                {{OpenClText.AddressSpace(call[0])}} float* a = {{OpenClText.Operand(generator, call[0])}};
                const {{OpenClText.AddressSpace(call[2])}} float* r = {{OpenClText.Operand(generator, call[2])}};
                const float f = {{OpenClText.Operand(generator, call[1])}};
                int i = 0;
                for (; i + {{Lanes}} <= {{OpenClText.Operand(generator, call[3])}}; i += {{Lanes}})
                    vstore{{Lanes}}(f * vload{{Lanes}}(0, r + i), 0, a + i);
                for (; i < {{OpenClText.Operand(generator, call[3])}}; i++) a[i] = f * r[i];
            }
            """);

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyCore(ref float target, ref float row, int count) =>
        TensorPrimitives.Multiply(Row(ref target, count), Row(ref row, count), Row(ref target, count));

    private static void MultiplyCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            {
                {{OpenClText.AddressSpace(call[0])}} float* a = {{OpenClText.Operand(generator, call[0])}};
                const {{OpenClText.AddressSpace(call[1])}} float* r = {{OpenClText.Operand(generator, call[1])}};
                int i = 0;
                for (; i + {{Lanes}} <= {{OpenClText.Operand(generator, call[2])}}; i += {{Lanes}})
                    vstore{{Lanes}}(vload{{Lanes}}(0, a + i) * vload{{Lanes}}(0, r + i), 0, a + i);
                for (; i < {{OpenClText.Operand(generator, call[2])}}; i++) a[i] *= r[i];
            }
            """);

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ClearCore(ref float target, int count) => Row(ref target, count).Clear();

    private static void ClearCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            for (int i = 0; i < {{OpenClText.Operand(generator, call[1])}}; i++) {{OpenClText.Operand(generator, call[0])}}[i] = 0.0f
            """);

    private static Span<float> Row(ref float first, int count) => MemoryMarshal.CreateSpan(ref first, count);
}
