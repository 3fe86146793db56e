using System.Runtime.CompilerServices;
using AttentionKernels.KeyValueCache;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// One sequence of a paged cache: its pages, in the order of its tokens, and how many tokens it has. Made by
/// <see cref="PagedKeyValueCache.Start()"/>; disposing it gives its pages back.
/// </summary>
/// <remarks>
/// <para>A step of generation is <see cref="Extend(ReadOnlySpan{int}, AcceleratorStream?)"/>, then appending and attending in every layer,
/// then <see cref="Commit"/>. Sequences that were forked, or began alike, share pages; a page that is shared is copied before one of them
/// writes it (copy on write). Copies are queued, on any stream: appending to a sequence's pages, attending them and copying them are
/// ordered by the library.</para>
/// <para>What cannot be done because pages are missing throws <see cref="CacheCapacityException"/> and changes nothing. A cache and its
/// sequences are one thread's at a time, and a handler of <see cref="PagedKeyValueCache.PageEvicted"/> must not use them
/// (<see cref="InvalidOperationException"/>).</para>
/// </remarks>
public sealed partial class CachedSequence : IDisposable
{
    private readonly PagePool _pool;
    private readonly KnownTokens _known;
    private int[] _pages = [];
    private int[] _hostPages = [];
    private int _count;

    internal CachedSequence(PagePool pool, ReadOnlySpan<byte> salt)
        : this(pool, new KnownTokens(pool, salt.ToArray()))
    {
    }

    private CachedSequence(PagePool pool, KnownTokens known)
    {
        _pool = pool;
        _known = known;
    }

    /// <summary>The number of tokens that have room, those of the coming step included.</summary>
    public int Length { get; private set; }

    /// <summary>The pages in the order of their tokens; none while the sequence is swapped out.</summary>
    public ReadOnlySpan<int> Pages => _pages.AsSpan(0, IsSwappedOut ? 0 : _count);

    /// <summary>Whether the sequence's content is in host memory.</summary>
    public bool IsSwappedOut { get; private set; }

    /// <summary>Whether the sequence was disposed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Changes whenever an entry of <see cref="Pages"/> that was there before changes, so that copies know.</summary>
    internal int Version { get; private set; }

    /// <summary>The pool that the pages are of.</summary>
    internal PagePool Pool => _pool;

    /// <summary>The slot of a token: page × page size + index in the page.</summary>
    /// <param name="token">The token, from 0.</param>
    /// <returns>The slot.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence is disposed.</exception>
    public long Slot(int token)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Length);
        return SlotOf(token);
    }

    /// <summary>The slots of tokens in a row, as appending takes them.</summary>
    /// <param name="first">The first token, from 0.</param>
    /// <param name="slots">Where the slots go, one for each token from there on.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token, or there are not so many.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence is disposed.</exception>
    /// <example>
    /// <code>
    /// using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 64, KeyValueHeads = 2, HeadDimension = 64 });
    /// using CachedSequence sequence = cache.Start();
    /// int[] tokens = [1, 403, 407];
    /// sequence.Extend(tokens);
    /// long[] slots = new long[tokens.Length];
    /// sequence.Slots(sequence.Length - tokens.Length, slots);
    /// </code>
    /// </example>
    public void Slots(int first, Span<long> slots)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Length);
        if (slots.Length > Length - first)
        {
            throw new ArgumentOutOfRangeException(
                nameof(slots), slots.Length, $"The sequence has {Length - first} tokens from token {first} on; slots must be for no more.");
        }

        for (int index = 0; index < slots.Length; index++)
            slots[index] = SlotOf(first + index);
    }

    /// <summary>How many pages must be available for so many new tokens.</summary>
    /// <param name="tokens">The new tokens.</param>
    /// <returns>The pages, one that must be copied included, and those that <see cref="SwapIn"/> takes while the sequence is swapped
    /// out.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tokens"/> is negative, or a sequence cannot have so many.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public int PagesToExtend(int tokens)
    {
        CheckAlive();
        CheckCount(tokens);
        return PagesFor(tokens);
    }

    /// <summary>Makes room for new tokens that are known.</summary>
    /// <param name="tokens">The tokens; their pages can be found by other sequences once <see cref="Commit"/> is called.</param>
    /// <param name="stream">The stream that a page which is shared is copied on; the device's default stream where
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void Extend(ReadOnlySpan<int> tokens, AcceleratorStream? stream = null)
    {
        int first = Length;
        Extend(tokens.Length, stream);
        _known.Add(first, tokens);
    }

    /// <summary>Makes room for new tokens. Pages from here on cannot be found by other sequences.</summary>
    /// <param name="count">How many.</param>
    /// <param name="stream">The stream that a page which is shared is copied on; the device's default stream where
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative, or a sequence cannot have so many
    /// tokens.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void Extend(int count, AcceleratorStream? stream = null)
    {
        CheckPresent();
        CheckCount(count);
        _pool.Memory.CheckStream(stream);
        _pool.Allocator.CheckCapacity(PagesFor(count));
        if (count == 0)
            return;
        if (Length % _pool.PageSize != 0)
            OwnPage(_count - 1, stream);
        int needed = _pool.PagesOf(Length + count);
        if (needed > _pages.Length)
            Array.Resize(ref _pages, Math.Max(needed, 2 * _pages.Length));
        _pool.Allocator.Allocate(_pages.AsSpan(_count, needed - _count));
        _count = needed;
        Length += count;
    }

    /// <summary>Lets other sequences find the full pages of known tokens, whose keys and values were appended in all layers.</summary>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void Commit()
    {
        CheckPresent();
        _known.Commit(_pages);
    }

    /// <summary>Makes a token's page the sequence's own, so that the token can be appended anew.</summary>
    /// <param name="token">The token, from 0.</param>
    /// <param name="stream">The stream that a page which is shared is copied on; the device's default stream where
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    /// <exception cref="CacheCapacityException">The page is shared, and there is none to copy it to.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void Write(int token, AcceleratorStream? stream = null)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Length);
        _pool.Memory.CheckStream(stream);
        OwnPage(token / _pool.PageSize, stream);
        _known.Forget(token);
    }

    /// <summary>Drops the last tokens, for example those that were guessed and found wrong, and gives their pages back.</summary>
    /// <param name="length">How many tokens stay.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer, or <paramref name="length"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void Truncate(int length)
    {
        CheckPresent();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        ReleaseFrom(_pool.PagesOf(length));
        if (length < Length)
            Version++;
        Length = length;
        _known.Forget(length);
    }

    /// <summary>Makes another sequence with the same tokens. They share all pages, until one of them writes.</summary>
    /// <returns>The other sequence; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public CachedSequence Fork()
    {
        CheckPresent();
        var other = new CachedSequence(_pool, _known.Copy()) { _pages = Pages.ToArray(), _count = _count, Length = Length };
        foreach (int page in Pages)
            _pool.Allocator.Share(page);
        return other;
    }

    /// <summary>Gives the pages back. What is queued on them goes on: other sequences that get them come behind it.</summary>
    /// <exception cref="InvalidOperationException">An allocation is under way: the caller is a handler of
    /// <see cref="PagedKeyValueCache.PageEvicted"/>.</exception>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        _pool.Allocator.CheckIdle();
        IsDisposed = true;
        if (IsSwappedOut)
            ReleaseHostPages();
        else
            ReleaseFrom(0);
    }

    /// <summary>Begins with the longest known prefix of a prompt, but not with all of it: the last token is to be computed.</summary>
    internal void Begin(ReadOnlySpan<int> prompt)
    {
        _pages = _known.Find(prompt);
        _count = _pages.Length;
        Length = _count * _pool.PageSize;
    }

    private long SlotOf(int token) => ((long)_pages[token / _pool.PageSize] * _pool.PageSize) + (token % _pool.PageSize);

    // A page that others share is copied; one that others could find is no longer found.
    private void OwnPage(int index, AcceleratorStream? stream)
    {
        int page = _pages[index];
        if (_pool.Allocator.References(page) == 1)
        {
            _pool.Prefixes?.Remove(page);
            return;
        }

        _pages[index] = _pool.Copy(stream, page);
        _pool.Allocator.Release(page);
        Version++;
    }

    // The last pages first: of pages that can be found, those which fewer sequences begin with are given up first.
    private void ReleaseFrom(int first)
    {
        while (_count > first)
            _pool.Allocator.Release(_pages[--_count]);
    }

    private int PagesFor(int tokens)
    {
        bool copies = tokens > 0 && Length % _pool.PageSize != 0 && !IsSwappedOut && _pool.Allocator.References(_pages[_count - 1]) > 1;
        return _pool.PagesOf((long)Length + tokens) - Pages.Length + (copies ? 1 : 0);
    }

    private void CheckCount(int count, [CallerArgumentExpression(nameof(count))] string? name = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue - Length, name);
    }

    private void CheckPresent()
    {
        CheckAlive();
        if (IsSwappedOut)
            throw new InvalidOperationException("The sequence is swapped out; it must be swapped in first.");
    }

    private void CheckAlive()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ObjectDisposedException.ThrowIf(_pool.IsDisposed, typeof(PagedKeyValueCache));
        _pool.Allocator.CheckIdle();
    }
}
