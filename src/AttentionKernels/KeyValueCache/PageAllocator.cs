namespace AttentionKernels;

/// <summary>
/// Which pages of a pool are in use, and by how many: pages are allocated with one reference, shared, and free again when the last one is
/// released. Every step takes constant time for a page and allocates no memory.
/// </summary>
/// <remarks>Kwon et al., "Efficient memory management for large language model serving with PagedAttention", 2023. Not
/// thread-safe.</remarks>
public sealed class PageAllocator
{
    private readonly string _memory;
    private readonly int[] _references;

    // Free pages, and pages that the reclaimer keeps: both have no reference.
    private readonly int[] _free;
    private readonly bool[] _isRetained;
    private readonly IPageReclaimer? _reclaimer;

    // While the reclaimer is asked or told something, which must not come back.
    private bool _isAsking;

    /// <summary>Makes an allocator of a pool in which every page is free.</summary>
    /// <param name="pages">The pages of the pool; at least 0.</param>
    /// <param name="watermark">Pages that <see cref="CanAllocate"/> wants left over, so that sequences under way can grow.</param>
    /// <param name="reclaimer">Keeps pages without references, and gives them up in need; none where <see langword="null"/>.</param>
    /// <param name="memory">What the pages are of, for messages.</param>
    /// <exception cref="ArgumentNullException"><paramref name="memory"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">There is not enough host memory to keep account of so many pages.</exception>
    public PageAllocator(int pages, int watermark = 0, IPageReclaimer? reclaimer = null, string memory = "the cache")
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfNegative(pages);
        ArgumentOutOfRangeException.ThrowIfNegative(watermark);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(watermark, pages);
        if (pages > MaximumPages)
            throw new ArgumentOutOfRangeException(nameof(pages), pages, $"A pool has at most {MaximumPages} pages.");
        _memory = memory;
        try
        {
            _references = new int[pages];
            _free = new int[pages];
            _isRetained = new bool[pages];
        }
        catch (OutOfMemoryException exception)
        {
            throw new DeviceMemoryException($"There is not enough host memory to keep account of {pages:N0} pages.", exception);
        }

        _reclaimer = reclaimer;
        Watermark = watermark;
        FreePages = pages;

        // A stack, with page 0 on top.
        for (int page = 0; page < pages; page++)
            _free[page] = pages - 1 - page;
    }

    /// <summary>The most pages that a pool can have.</summary>
    internal static int MaximumPages => Array.MaxLength - 1;

    /// <summary>The pages of the pool.</summary>
    public int Pages => _references.Length;

    /// <summary>Pages that are free, without those that the reclaimer keeps.</summary>
    public int FreePages { get; private set; }

    /// <summary>Pages that can be allocated: free ones, and those that the reclaimer would give up.</summary>
    public int AvailablePages => FreePages + (_reclaimer?.ReclaimablePages ?? 0);

    /// <summary>Pages with references.</summary>
    public int UsedPages => Pages - AvailablePages;

    /// <summary>Pages that <see cref="CanAllocate"/> wants left over.</summary>
    public int Watermark { get; }

    /// <summary>Whether so many pages can be allocated and the watermark is left over: what to ask before a new sequence is
    /// admitted.</summary>
    /// <param name="count">The number of pages.</param>
    /// <returns>Whether they can.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public bool CanAllocate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return AvailablePages - (long)count >= Watermark;
    }

    /// <summary>The references to a page; 0 where it is free, or kept by the reclaimer.</summary>
    /// <param name="page">The page.</param>
    /// <returns>How many.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    public int References(int page)
    {
        CheckPage(page);
        return _references[page];
    }

    /// <summary>Allocates a page, with one reference. The watermark may be used.</summary>
    /// <returns>The page.</returns>
    /// <exception cref="CacheCapacityException">No page is available.</exception>
    /// <exception cref="InvalidOperationException">The reclaimer gave up a page that it does not keep, or a call of it is under
    /// way.</exception>
    public int Allocate()
    {
        CheckIdle();
        CheckCapacity(1);
        return Take();
    }

    /// <summary>Allocates pages, with one reference each: all of them or, where too few are available, none.</summary>
    /// <param name="pages">Where the pages are written.</param>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The reclaimer gave up a page that it does not keep, or a call of it is under
    /// way.</exception>
    public void Allocate(Span<int> pages)
    {
        CheckIdle();
        CheckCapacity(pages.Length);
        int taken = 0;
        try
        {
            for (; taken < pages.Length; taken++)
                pages[taken] = Take();
        }
        catch
        {
            // The reclaimer failed.
            Release(pages[..taken]);
            throw;
        }
    }

    /// <summary>Adds a reference to a page in use, or to one that the reclaimer keeps, which is in use again then.</summary>
    /// <param name="page">The page.</param>
    /// <exception cref="ArgumentException">The page is free.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    /// <exception cref="InvalidOperationException">A call of the reclaimer is under way.</exception>
    public void Share(int page)
    {
        CheckIdle();
        CheckPage(page);
        if (_references[page] == 0 && !_isRetained[page])
            throw new ArgumentException($"Page {page} is free; only a page in use can be shared.", nameof(page));
        if (_isRetained[page])
        {
            using var asking = new Asking(this);
            _reclaimer!.Revive(page);
        }

        _isRetained[page] = false;
        _references[page]++;
    }

    /// <summary>Takes a reference from a page.</summary>
    /// <param name="page">The page.</param>
    /// <returns>Whether it was the last one.</returns>
    /// <exception cref="ArgumentException">The page has no reference.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    /// <exception cref="InvalidOperationException">A call of the reclaimer is under way.</exception>
    public bool Release(int page)
    {
        CheckIdle();
        CheckPage(page);
        if (_references[page] == 0)
            throw new ArgumentException($"Page {page} has no reference that could be released.", nameof(page));
        if (--_references[page] > 0)
            return false;
        if (IsKept(page))
            _isRetained[page] = true;
        else
            _free[FreePages++] = page;
        return true;
    }

    /// <summary>Takes a reference from each of some pages.</summary>
    internal void Release(ReadOnlySpan<int> pages)
    {
        foreach (int page in pages)
            Release(page);
    }

    /// <summary>Checks that so many pages can be allocated.</summary>
    /// <exception cref="CacheCapacityException">There are too few.</exception>
    internal void CheckCapacity(int count)
    {
        if (count > AvailablePages)
            throw new CacheCapacityException(_memory, count, AvailablePages);
    }

    /// <summary>Checks that the reclaimer, which may tell others, is not in the midst of a call.</summary>
    /// <exception cref="InvalidOperationException">It is.</exception>
    internal void CheckIdle()
    {
        if (_isAsking)
        {
            throw new InvalidOperationException(
                "An allocation is under way: neither a page reclaimer nor a handler of PageEvicted may use the cache or its allocator.");
        }
    }

    private bool IsKept(int page)
    {
        using var asking = new Asking(this);
        return _reclaimer?.Retain(page) == true;
    }

    private int Take()
    {
        int page = FreePages > 0 ? _free[--FreePages] : Reclaim();
        _isRetained[page] = false;
        _references[page] = 1;
        return page;
    }

    private int Reclaim()
    {
        using var asking = new Asking(this);
        int page = _reclaimer!.Reclaim();
        return page >= 0 && page < Pages && _isRetained[page]
            ? page
            : throw new InvalidOperationException($"The reclaimer gave up page {page}, which it does not keep.");
    }

    private void CheckPage(int page)
    {
        if (page < 0 || page >= Pages)
            throw new ArgumentOutOfRangeException(nameof(page), page, $"The pool has the pages 0 to {Pages - 1}.");
    }

    /// <summary>A call of the reclaimer.</summary>
    private readonly ref struct Asking
    {
        private readonly PageAllocator _allocator;

        public Asking(PageAllocator allocator)
        {
            _allocator = allocator;
            allocator._isAsking = true;
        }

        public void Dispose() => _allocator._isAsking = false;
    }
}
