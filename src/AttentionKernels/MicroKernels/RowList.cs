using AttentionKernels.Formats;
using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>Rows of stored numbers that lie anywhere in a source, each at its offset: rows to gather, or to prefetch.</summary>
/// <typeparam name="TFormat">How numbers are stored.</typeparam>
internal readonly struct RowList<TFormat>
    where TFormat : unmanaged, IFormat<TFormat>
{
    public readonly ArrayView<TFormat> Source;
    public readonly ArrayView<long> Offsets;

    /// <summary>How many rows.</summary>
    public readonly int Rows;

    /// <summary>Numbers of a row.</summary>
    public readonly int Length;

    public RowList(ArrayView<TFormat> source, ArrayView<long> offsets, int rows, int length)
    {
        Source = source;
        Offsets = offsets;
        Rows = rows;
        Length = length;
    }

    /// <summary>Checks that all rows, of which there may be none, lie in the source.</summary>
    public void Check()
    {
        if (Rows > 0)
            MicroKernel.CheckRows(Source, Offsets, Rows, Length);
    }
}
