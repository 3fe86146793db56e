namespace AttentionKernels.KeyValueCache;

/// <summary>
/// Full pages by content hash, so that sequences with a common prefix share them. Pages without references are kept until others need
/// their memory, the least recently released first.
/// </summary>
/// <remarks>Content decides, as in vLLM's automatic prefix caching: see <see cref="PrefixHash"/>. Steps take constant time.</remarks>
internal sealed class PrefixIndex : IPageReclaimer
{
    private readonly Dictionary<PrefixHash, int> _pages = [];
    private readonly PrefixHash[] _hashes;
    private readonly bool[] _isIndexed;

    // A ring of the kept pages in the order of their release; the entry behind the last page is its beginning and end.
    private readonly int[] _before;
    private readonly int[] _behind;
    private readonly Action<int>? _evicted;
    private long _lookedUp;
    private long _hits;
    private long _evictions;

    /// <summary>Makes an empty index of a pool's pages.</summary>
    public PrefixIndex(int pages, Action<int>? evicted)
    {
        _hashes = new PrefixHash[pages];
        _isIndexed = new bool[pages];
        _before = new int[pages + 1];
        _behind = new int[pages + 1];
        _before[pages] = _behind[pages] = pages;
        _evicted = evicted;
    }

    /// <inheritdoc/>
    public int ReclaimablePages { get; private set; }

    /// <summary>How often it was of use.</summary>
    public PrefixStatistics Statistics => new(_lookedUp, _hits, _pages.Count, _evictions);

    private int Ends => _hashes.Length;

    /// <summary>Counts a lookup.</summary>
    public void Count(int lookedUpTokens, int hitTokens)
    {
        _lookedUp += lookedUpTokens;
        _hits += hitTokens;
    }

    /// <summary>The page that holds what the hash says, if there is one.</summary>
    public bool TryFind(in PrefixHash hash, out int page) => _pages.TryGetValue(hash, out page);

    /// <summary>Whether a page can be found.</summary>
    public bool Contains(int page) => _isIndexed[page];

    /// <summary>Lets a page in use be found, unless another holds the same.</summary>
    public void Add(int page, in PrefixHash hash)
    {
        if (_isIndexed[page] || !_pages.TryAdd(hash, page))
            return;
        _hashes[page] = hash;
        _isIndexed[page] = true;
    }

    /// <summary>Lets a page no longer be found, because its content changes.</summary>
    public void Remove(int page)
    {
        if (!_isIndexed[page])
            return;
        _pages.Remove(_hashes[page]);
        _isIndexed[page] = false;
    }

    /// <inheritdoc/>
    public void Revive(int page)
    {
        (_behind[_before[page]], _before[_behind[page]]) = (_behind[page], _before[page]);
        ReclaimablePages--;
    }

    /// <inheritdoc/>
    public bool Retain(int page)
    {
        if (!_isIndexed[page])
            return false;
        int last = _before[Ends];
        (_behind[last], _before[page], _behind[page], _before[Ends]) = (page, last, Ends, page);
        ReclaimablePages++;
        return true;
    }

    /// <inheritdoc/>
    public int Reclaim()
    {
        // A handler may throw: then nothing has changed.
        int page = _behind[Ends];
        _evicted?.Invoke(page);
        Revive(page);
        Remove(page);
        _evictions++;
        return page;
    }
}
