using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <content>What a row is added to before its sums are taken.</content>
internal static partial class RowMoments<TVector, TElement>
{
    /// <summary>row[i] = row[i] + addend[i], rounded as it is stored, for <paramref name="count"/> ≥ 1 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ArrayView<TElement> row, ArrayView<TElement> addend, int count)
    {
        MicroKernel.CheckExtent(row.Length, count);
        MicroKernel.CheckExtent(addend.Length, count);
        AddCore(ref row[0], ref addend[0], count);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void AddCore(ref TElement row, ref TElement addend, int count)
    {
        if (TElement.IsSingle)
            AddRun(ref row, ref addend, ref Unsafe.As<TElement, float>(ref row), count);
        else
            AddRuns(ref row, ref addend, count);
    }

    [SkipLocalsInit]
    [MethodImpl(InnerLoop.Compilation)]
    private static void AddRuns(ref TElement row, ref TElement addend, int count)
    {
        Span<float> run = stackalloc float[RowStore.Run];
        for (int first = 0; first < count; first += RowStore.Run)
        {
            int length = Math.Min(RowStore.Run, count - first);
            AddRun(ref Unsafe.Add(ref row, first), ref Unsafe.Add(ref addend, first), ref run[0], length);
            RowStore.Narrow(run[..length], ref Unsafe.Add(ref row, first), streams: false);
        }
    }

    [MethodImpl(InnerLoop.Compilation)]
    private static void AddRun(ref TElement row, ref TElement addend, ref float sum, int count)
    {
        nint index = 0;
        for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            (TElement.Widen<TVector>(ref row, index) + TElement.Widen<TVector>(ref addend, index)).Store(ref sum, index);
        for (; index < count; index++)
            Unsafe.Add(ref sum, index) = TElement.Widen(Unsafe.Add(ref row, index)) + TElement.Widen(Unsafe.Add(ref addend, index));
    }

    private static void AddCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        ElementText element = MicroKernel.Element(call);
        new OpenClBody(generator, call).Write($$"""
            int i = 0;
            for (; i + {{lanes}} <= count; i += {{lanes}}) {
                const float{{lanes}} sums = {{element.Load(lanes, "row", "i")}} + {{element.Load(lanes, "addend", "i")}};
                {{element.Store(lanes, "sums", "row + i")}}
            }
            for (; i < count; i++) {
                const float sum = {{element.Load("row", "i")}} + {{element.Load("addend", "i")}};
                {{element.Store("sum", "i", "row")}}
            }
            """);
    }
}
