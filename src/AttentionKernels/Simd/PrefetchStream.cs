using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>
/// A software prefetch stream: scattered rows that a compute-bound loop prefetches, one every few steps, so that requests come no faster
/// than memory answers them; a burst would stall.
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

    /// <summary>Rows of so many units of memory, each at its offset in a source, spread over so many steps.</summary>
    public static PrefetchStream Of<TUnit>(ref TUnit source, ref long offsets, int rows, long units, long steps) => new(
        (byte*)Unsafe.AsPointer(ref source), (long*)Unsafe.AsPointer(ref offsets), rows,
        Unsafe.SizeOf<TUnit>(), (int)(units * Unsafe.SizeOf<TUnit>()), steps);

    /// <summary>Prefetches the next row, if there is one.</summary>
    /// <param name="step">The coming step.</param>
    /// <param name="end">One past the last step.</param>
    /// <returns>The step at which to call again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Issue(int step, int end)
    {
        if (_left == 0)
            return end;
        Prefetch.Row(ref _source[*_offsets * _unitBytes], _rowBytes);
        _offsets++;
        _left--;
        return Math.Min(end, step + _pause);
    }
}
