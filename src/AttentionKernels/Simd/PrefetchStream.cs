using System.Runtime.CompilerServices;
using AttentionKernels.Formats;

namespace AttentionKernels.Simd;

/// <summary>
/// Rows that lie anywhere and that a product asks for on its way, one every few steps: requests come no faster than memory answers them, so that
/// no processor waits until it can ask.
/// </summary>
internal unsafe struct PrefetchStream
{
    private readonly byte* _source;
    private readonly int _unitBytes;
    private readonly int _rowBytes;
    private readonly int _pause;
    private long* _offsets;
    private int _left;

    private PrefetchStream(byte* source, long* offsets, int rows, int unitBytes, int rowBytes, long steps)
    {
        _source = source;
        _offsets = offsets;
        _left = rows;
        _unitBytes = unitBytes;
        _rowBytes = rowBytes;
        _pause = (int)Math.Max(1, steps / Math.Max(1, rows));
    }

    /// <summary>Rows of <paramref name="count"/> numbers, each at its offset in a source, asked for in so many steps.</summary>
    public static PrefetchStream Of<TFormat>(ref TFormat source, ref long offsets, int rows, int count, long steps)
        where TFormat : unmanaged, IFormat<TFormat> => new(
            (byte*)Unsafe.AsPointer(ref source), (long*)Unsafe.AsPointer(ref offsets), rows, sizeof(TFormat),
            (count + TFormat.PerUnit - 1) / TFormat.PerUnit * sizeof(TFormat), steps);

    /// <summary>Asks for the next row, if there is one.</summary>
    /// <param name="step">The coming step.</param>
    /// <param name="end">One past the last step.</param>
    /// <returns>The step at which to call again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Ask(int step, int end)
    {
        if (_left == 0)
            return end;
        Prefetch.Row(ref _source[*_offsets * _unitBytes], _rowBytes);
        _offsets++;
        _left--;
        return Math.Min(end, step + _pause);
    }
}
