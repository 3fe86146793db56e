using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>The pages that sequences share: who has which, what can be found again, and where content goes.</summary>
internal sealed class PagePool
{
    /// <summary>Makes a pool in which every page is free.</summary>
    /// <param name="pages">Pages of the device.</param>
    /// <param name="pageSize">Tokens of a page.</param>
    /// <param name="hostPages">Pages of host memory.</param>
    /// <param name="watermark">Pages that a new sequence leaves over.</param>
    /// <param name="sharesPrefixes">Whether full pages can be found again.</param>
    /// <param name="memory">What happens to the content of pages.</param>
    /// <param name="evicted">Called before a page that was kept is evicted.</param>
    public PagePool(int pages, int pageSize, int hostPages, int watermark, bool sharesPrefixes, IPageMemory memory, Action<int>? evicted)
    {
        PageSize = pageSize;
        Memory = memory;
        Prefixes = sharesPrefixes ? new PrefixIndex(pages, evicted) : null;
        Allocator = new PageAllocator(pages, watermark, Prefixes);
        HostAllocator = new PageAllocator(hostPages, memory: "host memory");
    }

    /// <summary>Tokens of a page.</summary>
    public int PageSize { get; }

    /// <summary>Which pages are in use.</summary>
    public PageAllocator Allocator { get; }

    /// <summary>Which pages of host memory are in use.</summary>
    public PageAllocator HostAllocator { get; }

    /// <summary>The pages that can be found again; <see langword="null"/> where none can.</summary>
    public PrefixIndex? Prefixes { get; }

    /// <summary>What happens to the content of pages.</summary>
    public IPageMemory Memory { get; }

    /// <summary>Whether the pool is gone with its cache.</summary>
    public bool IsDisposed { get; set; }

    /// <summary>The pages of so many tokens.</summary>
    public int PagesOf(long tokens) => (int)((tokens + PageSize - 1) / PageSize);

    /// <summary>Allocates a page and copies another to it; where that fails, nothing is allocated.</summary>
    /// <exception cref="CacheCapacityException">No page is available.</exception>
    public int Copy(AcceleratorStream? stream, int source)
    {
        int target = 0;
        CopyToNew(Allocator, PageCopy.OnDevice, stream, [source], new Span<int>(ref target));
        return target;
    }

    /// <summary>Allocates pages of host memory and copies pages to them; where that fails, nothing is allocated.</summary>
    /// <exception cref="CacheCapacityException">There are too few host pages.</exception>
    public int[] CopyToHost(AcceleratorStream? stream, ReadOnlySpan<int> sources)
    {
        var targets = new int[sources.Length];
        CopyToNew(HostAllocator, PageCopy.ToHost, stream, sources, targets);
        return targets;
    }

    /// <summary>Allocates pages and copies pages of host memory to them; where that fails, nothing is allocated.</summary>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    public void CopyFromHost(AcceleratorStream? stream, ReadOnlySpan<int> hostSources, Span<int> targets) =>
        CopyToNew(Allocator, PageCopy.FromHost, stream, hostSources, targets);

    private void CopyToNew(
        PageAllocator allocator, PageCopy copy, AcceleratorStream? stream, ReadOnlySpan<int> sources, Span<int> targets)
    {
        allocator.Allocate(targets);
        try
        {
            for (int page = 0; page < targets.Length; page++)
                Memory.Copy(copy, stream, sources[page], targets[page]);
        }
        catch
        {
            allocator.Release(targets);
            throw;
        }
    }
}
