using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>Converts rows of consecutive elements between their storage format and fp32.</summary>
/// <typeparam name="TElement">How rows are stored, a number a unit.</typeparam>
internal static class StoredRow<TElement>
    where TElement : unmanaged, IWritableFormat<TElement>
{
    /// <summary>Four numbers of memory in registers.</summary>
    public static RegisterRow Widen(Four<TElement> stored) =>
        new(TElement.Widen(stored.A, 0), TElement.Widen(stored.B, 0), TElement.Widen(stored.C, 0), TElement.Widen(stored.D, 0));

    /// <summary>Four numbers of registers, rounded as they are stored.</summary>
    public static Four<TElement> Narrow(RegisterRow numbers) => new(
        TElement.Narrow(numbers.A, 0f), TElement.Narrow(numbers.B, 0f), TElement.Narrow(numbers.C, 0f), TElement.Narrow(numbers.D, 0f));

    /// <summary>target[i] = row[i] for <paramref name="count"/> ≥ 1 elements.</summary>
    public static void Widen(ArrayView<TElement> row, ArrayView<float> target, int count)
    {
        MicroKernel.CheckExtent(row.Length, count);
        MicroKernel.CheckExtent(target.Length, count);
        WidenCore(ref row[0], ref target[0], count);
    }

    /// <summary>target[i] = factor·row[i], rounded as it is stored, for <paramref name="count"/> ≥ 1 elements.</summary>
    public static void Narrow(ArrayView<float> row, float factor, ArrayView<TElement> target, int count)
    {
        MicroKernel.CheckExtent(row.Length, count);
        MicroKernel.CheckExtent(target.Length, count);
        NarrowCore(ref row[0], factor, ref target[0], count);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void WidenCore(ref TElement row, ref float target, int count) => StoredSpan.Widen(ref row, ref target, count);

    private static void WidenCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        const int Lanes = OpenClText.RowLanes;
        ElementText element = MicroKernel.Element(call);
        new OpenClBody(generator, call).Write($$"""
            int i = 0;
            for (; i + {{Lanes}} <= count; i += {{Lanes}}) vstore{{Lanes}}({{element.Load(Lanes, "row", "i")}}, 0, target + i);
            for (; i < count; i++) target[i] = {{element.Load("row", "i")}};
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void NarrowCore(ref float row, float factor, ref TElement target, int count)
    {
        ReadOnlySpan<float> numbers = MemoryMarshal.CreateReadOnlySpan(ref row, count);
        Span<float> buffer = stackalloc float[StoredSpan.Buffer];
        for (int first = 0; first < count; first += StoredSpan.Buffer)
        {
            Span<float> part = buffer[..Math.Min(StoredSpan.Buffer, count - first)];
            TensorPrimitives.Multiply(numbers.Slice(first, part.Length), factor, part);
            TElement.Narrow(part, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, first), part.Length));
        }
    }

    private static void NarrowCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write($$"""
            for (int i = 0; i < count; i++) {
                const float x = factor * row[i];
                {{MicroKernel.Element(call).Store("x", "i", "target")}}
            }
            """);
}
