using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Intrinsics;

/// <summary>Rows to lanes of a panel and back: a row becomes a column of [element][lane].</summary>
internal static class PanelLane
{
    /// <summary>panel[i][lane] = row[i] for <paramref name="count"/> elements; the panel's offset is that of the lane.</summary>
    public static void Fill<TWidth>(ArrayView<float> panel, long laneOffset, ArrayView<float> row, long rowOffset, int count)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(panel, laneOffset, ((count - 1L) * 2 * TWidth.Lanes) + 1);
        MicroKernel.CheckExtent(row, rowOffset, count);
        FillCore(ref panel[laneOffset], ref row[rowOffset], count, 2 * TWidth.Lanes);
    }

    /// <summary>row[i] = factor·panel[i][lane] for <paramref name="count"/> elements; the panel's offset is that of the lane.</summary>
    public static void Store<TWidth>(ArrayView<float> panel, long laneOffset, float factor, ArrayView<float> row, long rowOffset, int count)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(panel, laneOffset, ((count - 1L) * 2 * TWidth.Lanes) + 1);
        MicroKernel.CheckExtent(row, rowOffset, count);
        StoreCore(ref panel[laneOffset], factor, ref row[rowOffset], count, 2 * TWidth.Lanes);
    }

    [IntrinsicImplementation]
    private static void FillCore(ref float lane, ref float row, int count, int stride)
    {
        for (nint index = 0; index < count; index++)
            Unsafe.Add(ref lane, index * stride) = Unsafe.Add(ref row, index);
    }

    private static void FillCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            for (int i = 0; i < {{OpenClText.Operand(generator, call[2])}}; i++)
                ({{OpenClText.Operand(generator, call[0])}})[i * {{OpenClText.Operand(generator, call[3])}}] = ({{OpenClText.Operand(generator, call[1])}})[i]
            """);

    [IntrinsicImplementation]
    private static void StoreCore(ref float lane, float factor, ref float row, int count, int stride)
    {
        for (nint index = 0; index < count; index++)
            Unsafe.Add(ref row, index) = factor * Unsafe.Add(ref lane, index * stride);
    }

    private static void StoreCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => OpenClText.Statement(generator, $$"""
            for (int i = 0; i < {{OpenClText.Operand(generator, call[3])}}; i++)
                ({{OpenClText.Operand(generator, call[2])}})[i] = {{OpenClText.Operand(generator, call[1])}} * ({{OpenClText.Operand(generator, call[0])}})[i * {{OpenClText.Operand(generator, call[4])}}]
            """);
}
