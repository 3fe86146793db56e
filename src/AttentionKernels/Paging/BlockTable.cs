using AttentionKernels.Memory;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Which pages of a cache hold the tokens of which sequence, and how many tokens each sequence has: a table on the host, checked
/// entry by entry, with a copy on the device.
/// </summary>
/// <remarks>
/// The first run after <see cref="Set"/> queues a copy of the table to the device on its own stream; a later <see cref="Set"/> waits for
/// that stream. There is one copy: a table serves one stream at a time, and while runs on another stream may still read it, it must not
/// be changed.
/// </remarks>
public sealed class BlockTable : IDisposable
{
    private readonly MirroredTensor<int> _pages;
    private readonly MirroredTensor<int> _keyLengths;

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

        pages.CopyTo(_pages.Write()[(sequence * PagesPerSequence)..]);
        _keyLengths.Write()[sequence] = keyLength;
    }

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

    /// <summary>Frees the device's copy.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _keyLengths.Dispose();
    }

    /// <summary>The table and the lengths on the device, brought up to date first.</summary>
    internal (TensorView<int> Pages, TensorView<int> KeyLengths) Upload(AcceleratorStream stream) =>
        (_pages.Upload(stream), _keyLengths.Upload(stream));
}
