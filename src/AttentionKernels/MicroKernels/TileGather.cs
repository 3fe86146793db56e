using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// Gathers (and dequantises) scattered rows into a contiguous fp32 tile, so that a GEMM over them reads consecutive memory.
/// </summary>
/// <remarks>
/// Tokens of one head often lie a power of two apart, and would fall into a few sets of the cache, where they push each other out.
/// </remarks>
/// <typeparam name="TFormat">How the rows are stored.</typeparam>
internal static partial class TileGather<TFormat>
    where TFormat : unmanaged, IFormat<TFormat>
{
    /// <summary>target[row][i] = rows[row][i], dequantised.</summary>
    public static void Rows(RowList<TFormat> rows, TileView target)
    {
        rows.Check();
        target.Check(rows.Rows, rows.Length);
        RowsCore(ref rows.Source[0], ref rows.Offsets[0], ref target.Data[0], target.Stride, rows.Rows, rows.Length);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void RowsCore(ref TFormat source, ref long offsets, ref float target, int targetStride, int rows, int count)
    {
        for (nint row = 0; row < rows; row++)
        {
            ref TFormat numbers = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
            StoredSpan.Widen(ref numbers, ref Unsafe.Add(ref target, targetStride * row), count);
        }
    }

    private static void RowsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        const int Lanes = OpenClText.RowLanes;
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int row = 0; row < rows; row++) {
                const {{body.Pointer("source")}} s = source + offsets[row];
                {{body.Pointer("target")}} t = target + (long)row * targetStride;
                int i = 0;
                for (; i + {{Lanes}} <= count; i += {{Lanes}}) vstore{{Lanes}}({{element.Load(Lanes, "s", "i")}}, 0, t + i);
                for (; i < count; i++) t[i] = {{element.Load("s", "i")}};
            }
            """);
    }
}
