using AttentionKernels.KeyValueCache;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Which pages of a cache hold the tokens of which sequence, and how many tokens each sequence has: a table on the host, checked
/// entry by entry, with a copy on the device; or one that only the device has, which a kernel checks at each run.
/// </summary>
/// <remarks>
/// The first run after a change queues a copy of what changed to the device on its own stream; a later change waits for that copy. Runs on
/// several streams may read the table; a copy waits for those on other streams. The table itself is one thread's at a time.
/// </remarks>
public sealed class BlockTable : IDisposable
{
    private readonly MirroredTensor<int>? _pages;
    private readonly MirroredTensor<int>? _keyLengths;
    private readonly DeviceRows? _deviceRows;

    // Whose pages each row holds, as of which version, and how many: what has not changed is not copied again.
    private readonly (CachedSequence? Sequence, int Version, int Count)[] _rows;

    /// <summary>Makes a table in which every sequence is empty.</summary>
    /// <param name="cache">The cache whose pages it names.</param>
    /// <param name="sequences">The number of sequences; at least 0.</param>
    /// <param name="pagesPerSequence">The most pages of a sequence; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The cache or its device is disposed.</exception>
    /// <example>
    /// <code>
    /// using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 64, KeyValueHeads = 2, HeadDimension = 64 });
    /// using var table = new BlockTable(cache, sequences: 16, pagesPerSequence: 4);
    /// using CachedSequence sequence = cache.Start();
    /// sequence.Extend(20);
    /// table.Set(3, sequence);                                                     // the pages of row 3
    /// </code>
    /// </example>
    public BlockTable(PagedKeyValueCache cache, int sequences, int pagesPerSequence)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        ArgumentOutOfRangeException.ThrowIfNegative(sequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(pagesPerSequence, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pagesPerSequence, int.MaxValue / cache.Options.PageSize);
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

    /// <summary>Makes a table of what only the device has, for example because a kernel writes it.</summary>
    /// <remarks>
    /// At each run a kernel checks the rows of all sequences. One with a length that its row has no room for, with fewer tokens than
    /// queries, or with an entry that is no page of the cache is attended as if it had no tokens: output 0, log-sum-exp −∞.
    /// <see cref="ReadFaults"/> tells which these were.
    /// </remarks>
    /// <param name="cache">The cache whose pages it names.</param>
    /// <param name="pages">The dense entries [sequences, pages of a sequence]; the caller keeps them.</param>
    /// <param name="keyLengths">For each sequence its number of tokens [sequences], dense; the caller keeps them.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense or is of another device.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public BlockTable(PagedKeyValueCache cache, TensorView<int> pages, TensorView<int> keyLengths)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        TensorChecks.Extents(pages.Shape, 2, nameof(pages), "[sequences, pages of a sequence]");
        pages.CheckUsable(cache.Device, nameof(pages));
        pages.CheckDense(nameof(pages));
        keyLengths.CheckUsable(cache.Device, nameof(keyLengths));
        keyLengths.CheckShape([pages.Shape[0]], nameof(keyLengths));
        keyLengths.CheckDense(nameof(keyLengths));
        if (pages.Shape[1] < 1 || pages.Shape[1] * cache.Options.PageSize > int.MaxValue || pages.Shape[0] > int.MaxValue)
        {
            throw new ArgumentException(
                $"The table has {pages.Shape[0]} sequences of {pages.Shape[1]} pages of {cache.Options.PageSize} tokens; a sequence must " +
                $"have 1 to {int.MaxValue} tokens.", nameof(pages));
        }

        Cache = cache;
        Sequences = (int)pages.Shape[0];
        PagesPerSequence = (int)pages.Shape[1];
        _rows = [];
        _deviceRows = new DeviceRows(cache, pages, keyLengths);
    }

    /// <summary>The cache whose pages the table names.</summary>
    public PagedKeyValueCache Cache { get; }

    /// <summary>Whether only the device has the rows.</summary>
    public bool IsOnDevice => _deviceRows is not null;

    /// <summary>The number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>The most pages of a sequence.</summary>
    public int PagesPerSequence { get; }

    /// <summary>The most tokens of a sequence.</summary>
    public int MaximumKeys => PagesPerSequence * Cache.Options.PageSize;

    /// <summary>Whether the table was disposed.</summary>
    public bool IsDisposed => _deviceRows?.IsDisposed ?? _pages!.IsDisposed;

    /// <summary>For each sequence its number of tokens.</summary>
    /// <exception cref="InvalidOperationException">Only the device has the rows.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public ReadOnlySpan<int> KeyLengths
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return HostLengths.Host;
        }
    }

    /// <summary>Counts the changes, so that what is made of the table is made anew.</summary>
    internal long Version { get; private set; }

    /// <summary>Gives a sequence its pages and its length.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="pages">The pages in the order of their tokens; as many as the tokens need, or more.</param>
    /// <param name="keyLength">The number of tokens, those of the coming step included.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> or <paramref name="keyLength"/> is out of
    /// range.</exception>
    /// <exception cref="ArgumentException">A page is not one of the cache, or there are too few or too many.</exception>
    /// <exception cref="InvalidOperationException">Only the device has the rows.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public void Set(int sequence, ReadOnlySpan<int> pages, int keyLength)
    {
        CheckSequence(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(keyLength);
        CheckCount(pages.Length, nameof(pages));
        if (keyLength > (long)pages.Length * Cache.Options.PageSize)
        {
            throw new ArgumentException(
                $"{pages.Length} pages of {Cache.Options.PageSize} tokens were given; {keyLength} tokens need more.", nameof(pages));
        }

        for (int index = 0; index < pages.Length; index++)
        {
            if (pages[index] < 0 || pages[index] >= Cache.Options.Pages)
            {
                throw new ArgumentException(
                    $"Entry {index} is page {pages[index]}; the cache has the pages 0 to {Cache.Options.Pages - 1}.", nameof(pages));
            }
        }

        Span<int> entries = HostPages.Write(sequence * PagesPerSequence, pages.Length);
        Version++;
        _rows[sequence] = default;
        pages.CopyTo(entries);
        SetLength(sequence, keyLength);
    }

    /// <summary>Gives a row of the table to a sequence of its cache. What the row holds of it already is not copied again, neither here nor
    /// to the device.</summary>
    /// <param name="sequence">The row, from 0.</param>
    /// <param name="source">The sequence, with room for the tokens of the coming step.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is out of range.</exception>
    /// <exception cref="ArgumentException">The sequence is of another cache, or has too many pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out, or only the device has the rows.</exception>
    /// <exception cref="ObjectDisposedException">The table or the sequence is disposed.</exception>
    public void Set(int sequence, CachedSequence source)
    {
        CheckSequence(sequence);
        ArgumentNullException.ThrowIfNull(source);
        ObjectDisposedException.ThrowIf(source.IsDisposed, source);
        if (!Cache.Owns(source))
            throw new ArgumentException("The sequence is of another cache than the table.", nameof(source));
        if (source.IsSwappedOut)
            throw new InvalidOperationException("The sequence is swapped out; it must be swapped in first.");
        CheckCount(source.Pages.Length, nameof(source));
        MirroredTensor<int> entries = HostPages;
        Version++;
        (CachedSequence? known, int version, int count) = _rows[sequence];
        int first = known == source && version == source.Version ? count : 0;
        if (first < source.Pages.Length)
            source.Pages[first..].CopyTo(entries.Write((sequence * PagesPerSequence) + first, source.Pages.Length - first));
        _rows[sequence] = (source, source.Version, source.Pages.Length);
        SetLength(sequence, source.Length);
    }

    /// <summary>Leaves a row of the table without tokens.</summary>
    /// <param name="sequence">The row, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">Only the device has the rows.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public void Clear(int sequence) => Set(sequence, [], 0);

    /// <summary>The slot of a token: where its key and value lie, as appending takes it.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="token">The token, from 0, less than the sequence's length.</param>
    /// <returns>The slot.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence or token.</exception>
    /// <exception cref="InvalidOperationException">Only the device has the rows.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public long Slot(int sequence, int token)
    {
        CheckSequence(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, KeyLengths[sequence]);
        int pageSize = Cache.Options.PageSize;
        return ((long)HostPages.Host[(sequence * PagesPerSequence) + (token / pageSize)] * pageSize) + (token % pageSize);
    }

    /// <summary>The entries of a sequence, of which those for its tokens are pages.</summary>
    internal ReadOnlySpan<int> Pages(int sequence) => HostPages.Host.Slice(sequence * PagesPerSequence, PagesPerSequence);

    /// <summary>Waits for the last run and tells which sequences of a table that only the device has were found wrong in it.</summary>
    /// <returns>The sequences, from 0.</returns>
    /// <exception cref="InvalidOperationException">The host has the table; it was checked when it was set.</exception>
    /// <exception cref="ObjectDisposedException">The table is disposed.</exception>
    public int[] ReadFaults()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_deviceRows is null)
            throw new InvalidOperationException("The host has the table; its rows were checked when they were set.");
        return _deviceRows.ReadFaults();
    }

    /// <summary>Frees the device's copy; what the caller gave stays.</summary>
    public void Dispose()
    {
        _pages?.Dispose();
        _keyLengths?.Dispose();
        _deviceRows?.Dispose();
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
                string what = sequence.IsSwappedOut ? "swapped out" : "changed";
                throw new InvalidOperationException(
                    $"The sequence of row {row} was {what} after the row was set; the row must be set again.");
            }
        }
    }

    private void SetLength(int sequence, int keyLength)
    {
        if (HostLengths.Host[sequence] != keyLength)
            HostLengths.Write(sequence, 1)[0] = keyLength;
    }

    /// <summary>The table and the lengths on the device, brought up to date or checked there first.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="queryStarts">On the device for each sequence its first query token, and the end of the last.</param>
    internal (TensorView<int> Pages, TensorView<int> KeyLengths) Upload(AcceleratorStream stream, TensorView<int> queryStarts) =>
        _deviceRows is null ? (HostPages.Upload(stream), HostLengths.Upload(stream)) : _deviceRows.Check(stream, queryStarts);

    private MirroredTensor<int> HostPages => _pages ?? throw OnDevice();

    private MirroredTensor<int> HostLengths => _keyLengths ?? throw OnDevice();

    private static InvalidOperationException OnDevice() =>
        new("Only the device has the rows of the table; the host can neither read nor set them.");

    private void CheckSequence(int sequence)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Sequences);
    }

    private void CheckCount(int pages, string name)
    {
        if (pages > PagesPerSequence)
            throw new ArgumentException($"The sequence has {pages} pages; a sequence of this table has at most {PagesPerSequence}.", name);
    }
}
