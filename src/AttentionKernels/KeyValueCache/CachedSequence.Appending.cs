using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>What appending to a sequence takes of it.</content>
public sealed partial class CachedSequence
{
    /// <summary>How many of the first tokens others find, or did.</summary>
    internal int Committed => _known.Committed;

    /// <summary>Checks that there is room for rows of tokens in a row, in pages that are the sequence's own.</summary>
    /// <param name="first">The first token, which is there or comes next.</param>
    /// <param name="count">How many.</param>
    /// <param name="stream">The stream that pages which are shared are copied on.</param>
    /// <exception cref="ArgumentException">The token or the stream is out of range.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    internal void CheckReserve(int first, int count, AcceleratorStream? stream)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, int.MaxValue - count);
        _pool.Memory.CheckStream(stream);
        if (count == 0)
            return;
        Range pages = PagesOf(first, count);
        int copies = 0;
        for (int page = pages.Start.Value; page < pages.End.Value; page++)
            copies += IsShared(page) ? 1 : 0;
        _pool.Allocator.CheckCapacity(copies + _pool.PagesOf(first + count) - pages.End.Value);
    }

    /// <summary>Makes that room. Where a copy fails, the sequence has the tokens that it had, and those are found that were.</summary>
    /// <inheritdoc cref="CheckReserve"/>
    internal void Reserve(int first, int count, AcceleratorStream? stream)
    {
        CheckReserve(first, count, stream);
        if (count == 0)
            return;
        Range pages = PagesOf(first, count);
        for (int page = pages.Start.Value; page < pages.End.Value; page++)
        {
            if (IsShared(page))
                OwnPage(page, stream);
        }

        for (int page = pages.Start.Value; page < pages.End.Value; page++)
            OwnPage(page, stream);

        // Rows of tokens that were made room for as known ones are expected, and leave them known; those that others could find were there.
        if (first < Committed)
            _known.Forget(first);
        Extend(Math.Max(0, first + count - Length), stream);
    }

    // Those of some tokens that are there.
    private Range PagesOf(int first, int count) => (first / _pool.PageSize)..Math.Min(_pool.PagesOf(first + count), _count);

    private bool IsShared(int page) => _pool.Allocator.References(_pages[page]) > 1;
}
