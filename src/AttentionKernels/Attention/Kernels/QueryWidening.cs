using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

/// <summary>Makes queries that are stored quantised such of the output's format: <see cref="WidenQueries{TElement, TStored}"/> of formats
/// that are known as values.</summary>
internal abstract class QueryWidening
{
    /// <summary>Compiles the kernel.</summary>
    /// <param name="device">The device.</param>
    /// <param name="format">The output's format.</param>
    /// <param name="stored">How queries are stored.</param>
    public static QueryWidening Load(AttentionDevice device, NumberFormat format, NumberFormat stored) =>
        ClosedTypes.Create<QueryWidening>(typeof(WidenQueries<,>.Loaded), [format.Type, stored.Type], device);

    /// <summary>Queues the kernel; all is checked.</summary>
    public abstract void Run(AcceleratorStream stream, in QueryRows stored, in QueryRows widened, RowRuns runs);
}

/// <summary>Rows of queries of any format, and their scales.</summary>
/// <param name="Numbers">The memory.</param>
/// <param name="Strides">Where the numbers of a row are.</param>
/// <param name="Scales">The scales.</param>
/// <param name="ScaleStrides">Where that of a row is.</param>
internal readonly record struct QueryRows(ArrayView<byte> Numbers, RowStrides Strides, ArrayView<float> Scales, RowStrides ScaleStrides);
