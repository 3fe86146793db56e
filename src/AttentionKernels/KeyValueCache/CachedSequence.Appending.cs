using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>What appending to a sequence takes of it.</content>
public sealed partial class CachedSequence
{
    /// <summary>How many of the first tokens others find, or did.</summary>
    internal int Committed => _known.Committed;

    /// <summary>Makes room for rows of tokens in a row, in pages that are the sequence's own. Where that fails, the sequence has the tokens
    /// that it had.</summary>
    /// <param name="first">The first token, which is there or comes next.</param>
    /// <param name="count">How many.</param>
    /// <param name="stream">The stream that pages which are shared are copied on.</param>
    /// <exception cref="ArgumentException">The token or the stream is out of range.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    internal void Reserve(int first, int count, AcceleratorStream? stream)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, int.MaxValue - count);
        _pool.Memory.CheckStream(stream);
        if (count == 0)
            return;
        int end = first + count;
        int pages = _pool.PagesOf(end);
        int firstPage = first / _pool.PageSize;
        int kept = Math.Min(pages, _count);
        int copies = 0;
        for (int page = firstPage; page < kept; page++)
            copies += _pool.Allocator.References(_pages[page]) > 1 ? 1 : 0;
        _pool.Allocator.CheckCapacity(copies + pages - kept);
        for (int page = firstPage; page < kept; page++)
            OwnPage(page, stream);

        // Rows of tokens that were made room for as known ones are expected, and leave them known; those that others could find were there.
        if (first < Committed)
            _known.Forget(first);
        Extend(Math.Max(0, end - Length), stream);
    }
}
