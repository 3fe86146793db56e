using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>Gathers fp32 rows into the columns of a tile.</summary>
internal static class TileGather
{
    /// <summary>Rows become columns: target[i][row] = row[i · stride], for rows that lie at the offsets.</summary>
    public static void Columns(ArrayView<float> source, int sourceStride, ArrayView<long> offsets, TileView target, int rows, int columns)
    {
        RowList<StoredFp32>.Check(source.Cast<StoredFp32>(), offsets, rows, ((columns - 1L) * sourceStride) + 1);
        target.Check(columns, rows);
        ColumnsCore(ref source[0], sourceStride, ref offsets[0], ref target.Data[0], target.Stride, rows, columns);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void ColumnsCore(
        ref float source, int sourceStride, ref long offsets, ref float target, int targetStride, int rows, int count)
    {
        for (nint row = 0; row < rows; row++)
        {
            ref float numbers = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
            for (nint index = 0; index < count; index++)
                Unsafe.Add(ref target, (index * targetStride) + row) = Unsafe.Add(ref numbers, index * sourceStride);
        }
    }

    private static void ColumnsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("""
            for (int row = 0; row < rows; row++)
                for (int i = 0; i < count; i++)
                    target[(long)i * targetStride + row] = source[offsets[row] + (long)i * sourceStride];
            """);
}
