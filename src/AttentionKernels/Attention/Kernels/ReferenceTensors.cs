using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>The tensors of reference attention and their sizes, whatever the mask and the modifier.</summary>
internal struct ReferenceTensors
{
    [KernelInput]
    public ArrayView<double> Query;
    public RowStrides QueryStrides;
    [KernelInput]
    public ArrayView<double> Key;
    public RowStrides KeyStrides;
    [KernelInput]
    public ArrayView<double> Value;
    public RowStrides ValueStrides;
    public ArrayView<double> Output;
    public RowStrides OutputStrides;

    /// <summary>[batch, heads, queries]; empty where none is asked for.</summary>
    public ArrayView<double> LogSumExp;

    /// <summary>The rows of the output, a whole one a run.</summary>
    public RowRuns Rows;

    public int Keys;
    public int HeadDimension;

    /// <summary>The query heads that share a kv head (grouped-query attention).</summary>
    public int HeadGroup;

    /// <summary>q·k of a row's query and a key.</summary>
    public readonly double Product(RowRun row, int key)
    {
        long queryRow = QueryStrides.Offset(row.Batch, row.Query, row.Head);
        long keyRow = KeyStrides.Offset(row.Batch, key, row.Head / HeadGroup);
        double product = 0;
        for (int dimension = 0; dimension < HeadDimension; dimension++)
            product += Query[queryRow + dimension] * Key[keyRow + dimension];
        return product;
    }

    /// <summary>Where a row's output begins.</summary>
    public readonly long OutputRow(RowRun row) => OutputStrides.Offset(row.Batch, row.Query, row.Head);

    /// <summary>Where the value of a key begins for a row.</summary>
    public readonly long ValueRow(RowRun row, int key) => ValueStrides.Offset(row.Batch, key, row.Head / HeadGroup);
}
