using System.Diagnostics;
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

    /// <summary>Checks that rows of <paramref name="length"/> numbers, each at its offset, lie in the view.</summary>
    public static void Check(ArrayView<TFormat> view, ArrayView<long> offsets, int rows, long length)
    {
        MicroKernel.CheckExtent(offsets.Length, rows);
        Trace.Assert(
            RowOffsets.AreWithin(offsets, rows, view.Length - StoredSpan.Units<TFormat>(length)),
            "A micro-kernel's extent is out of range: a row of a list");
    }

    /// <summary>Checks that all rows, of which there may be none, lie in the source.</summary>
    public void Check()
    {
        if (Rows > 0)
            Check(Source, Offsets, Rows, Length);
    }
}
