using AttentionKernels.Memory;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Which pages of a cache hold the tokens of which sequence, and how many tokens each sequence has: a table on the host, checked
/// entry by entry, with a copy on the device.
/// </summary>
/// <remarks>
/// The first run after a change queues a copy of what changed to the device on its own stream; a later change waits for
/// that stream. There is one copy: a table serves one stream at a time, and while runs on another stream may still read it, it must not
/// be changed.
/// </remarks>
public sealed class BlockTable : IDisposable
{
    private readonly MirroredTensor<int> _pages;
    private readonly MirroredTensor<int> _keyLengths;

    // Whose pages each row holds, as of which version, and how many: what has not changed is not copied again.
    private readonly (CachedSequence? Sequence, int Version, int Count)[] _rows;

    /// <summary>Makes a table in which every sequence is empty.</summary>
    /// <param name="cache">The cache whose pages it names.</param>
    /// <param name="sequences">The number of sequences; at least 0.</param>
    /// <param name="pagesPerSequence">The most pages of a sequence; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The cache or its device is disposed.</exception>
    public BlockTable(PagedKeyValueCache cache, int sequences, int pagesPerSequence)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        ArgumentOutOfRangeException.ThrowIfNegative(sequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(pagesPerSequence, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)pagesPerSequence * cache.Options.PageSize, int.MaxValue, nameof(pagesPerSequence));
        if ((long)sequences * pagesPerSequence > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(pagesPerSequence), pagesPerSequence,
                $"{sequences} sequences of {pagesPerSequence} pages were asked for; a table has at most {Array.MaxLength} entries.");
        }

        Cache = cache;
        Sequences = sequences;
        PagesPerSequence = pagesPerSequence;
        _rows = new (CachedSequence?, int, int)[sequences];
        _pages = new MirroredTensor<int>(cache.Device, sequences * pagesPerSequence);
        try
        {
            _keyLengths = new MirroredTensor<int>(cache.Device, sequences);
        }
        catch
        {
            _pages.Dispose();
            throw;
        }
    }

    /// <summary>The cache whose pages the table names.</summary>
    public PagedKeyValueCache Cache { get; }

    /// <summary>The number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>The most pages of a sequence.</summary>
    public int PagesPerSequence { get; }

    /// <summary>The most tokens of a sequence.</summary>
    public int MaximumKeys => PagesPerSequence * Cache.Options.PageSize;

    /// <summary>Whether the table was disposed.</summary>
    public bool IsDisposed => _pages.IsDisposed;

    /// <summary>For each sequence its number of tokens.</summary>
    public ReadOnlySpan<int> KeyLengths => _keyLengths.Host;

    /// <summary>Counts the changes, so that what is made of the table is made anew.</summary>
    internal long Version { get; private set; }

    /// <summary>Gives a sequence its pages and its length.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="pages">The pages in the order of their tokens; as many as the tokens need, or more.</param>
    /// <param name="keyLength">The number of tokens, those of the coming step included.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> or <paramref name="keyLength"/> is out of range.</exception>
    /// <exception cref="ArgumentException">A page is not one of the cache, or there are too few or too many.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public void Set(int sequence, ReadOnlySpan<int> pages, int keyLength)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(keyLength);
        if (pages.Length > PagesPerSequence)
            throw new ArgumentException($"{pages.Length} pages were given; a sequence of this table has at most {PagesPerSequence}.", nameof(pages));
        if (keyLength > (long)pages.Length * Cache.Options.PageSize)
        {
            throw new ArgumentException(
                $"{pages.Length} pages of {Cache.Options.PageSize} tokens were given; {keyLength} tokens need more.", nameof(pages));
        }

        for (int index = 0; index < pages.Length; index++)
        {
            if (pages[index] < 0 || pages[index] >= Cache.Options.Pages)
                throw new ArgumentException($"Entry {index} is page {pages[index]}; the cache has the pages 0 to {Cache.Options.Pages - 1}.", nameof(pages));
        }

        Version++;
        _rows[sequence] = default;
        pages.CopyTo(_pages.Write(sequence * PagesPerSequence, pages.Length));
        SetLength(sequence, keyLength);
    }

    /// <summary>Gives a row of the table to a sequence of its cache. What the row holds of it already is not copied again, neither here nor to the device.</summary>
    /// <param name="sequence">The row, from 0.</param>
    /// <param name="source">The sequence, with room for the tokens of the coming step.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is out of range.</exception>
    /// <exception cref="ArgumentException">The sequence is of another cache, or has too many pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The table or the sequence is disposed.</exception>
    public void Set(int sequence, CachedSequence source)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Sequences);
        ArgumentNullException.ThrowIfNull(source);
        ObjectDisposedException.ThrowIf(source.IsDisposed, source);
        if (!Cache.Owns(source))
            throw new ArgumentException("The sequence is of another cache than the table.", nameof(source));
        if (source.IsSwappedOut)
            throw new InvalidOperationException("The sequence is swapped out; it must be swapped in first.");
        if (source.Pages.Length > PagesPerSequence)
        {
            throw new ArgumentException(
                $"The sequence has {source.Pages.Length} pages; a sequence of this table has at most {PagesPerSequence}.", nameof(source));
        }

        Version++;
        (CachedSequence? known, int version, int count) = _rows[sequence];
        int first = known == source && version == source.Version ? count : 0;
        if (first < source.Pages.Length)
            source.Pages[first..].CopyTo(_pages.Write((sequence * PagesPerSequence) + first, source.Pages.Length - first));
        _rows[sequence] = (source, source.Version, source.Pages.Length);
        SetLength(sequence, source.Length);
    }

    /// <summary>Leaves a row of the table without tokens.</summary>
    /// <param name="sequence">The row, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public void Clear(int sequence) => Set(sequence, [], 0);

    /// <summary>The slot of a token: where its key and value lie, for <see cref="PagedKeyValueCache.Append"/>.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="token">The token, from 0, less than the sequence's length.</param>
    /// <returns>The slot.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence or token.</exception>
    public long Slot(int sequence, int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, KeyLengths[sequence]);
        int pageSize = Cache.Options.PageSize;
        return ((long)_pages.Host[(sequence * PagesPerSequence) + (token / pageSize)] * pageSize) + (token % pageSize);
    }

    /// <summary>The entries of a sequence, of which those for its tokens are pages.</summary>
    internal ReadOnlySpan<int> Pages(int sequence) => _pages.Host.Slice(sequence * PagesPerSequence, PagesPerSequence);

    /// <summary>Frees the device's copy.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _keyLengths.Dispose();
    }

    /// <summary>Checks that the sequences of rows which are about to be read are as they were when the rows were set.</summary>
    /// <exception cref="ObjectDisposedException">A sequence is disposed.</exception>
    /// <exception cref="InvalidOperationException">A sequence has changed.</exception>
    internal void CheckRows(ReadOnlySpan<int> queryLengths)
    {
        for (int row = 0; row < _rows.Length; row++)
        {
            if (queryLengths[row] == 0 || _rows[row] is not (CachedSequence sequence, int version, _))
                continue;
            ObjectDisposedException.ThrowIf(sequence.IsDisposed, sequence);
            if (sequence.IsSwappedOut || sequence.Version != version)
            {
                throw new InvalidOperationException(
                    $"The sequence of row {row} was {(sequence.IsSwappedOut ? "swapped out" : "changed")} after the row was set; the row must be set again.");
            }
        }
    }

    private void SetLength(int sequence, int keyLength)
    {
        if (_keyLengths.Host[sequence] != keyLength)
            _keyLengths.Write(sequence, 1)[0] = keyLength;
    }

    /// <summary>The table and the lengths on the device, brought up to date first.</summary>
    internal (TensorView<int> Pages, TensorView<int> KeyLengths) Upload(AcceleratorStream stream) =>
        (_pages.Upload(stream), _keyLengths.Upload(stream));
}
