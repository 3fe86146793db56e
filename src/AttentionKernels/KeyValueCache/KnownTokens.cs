using System.Runtime.InteropServices;

namespace AttentionKernels.KeyValueCache;

/// <summary>The first tokens of a sequence, as far as they are known, and the content hashes of their full pages: what makes its pages
/// those that others find. Empty where prefixes are not shared.</summary>
internal sealed class KnownTokens(PagePool pool, byte[] salt)
{
    private readonly List<int> _tokens = [];

    // Of the pages that were committed.
    private readonly List<PrefixHash> _committed = [];

    /// <summary>How many tokens others find, or did.</summary>
    public int Committed => _committed.Count * pool.PageSize;

    /// <summary>Another sequence's, which goes on from these.</summary>
    public KnownTokens Copy()
    {
        var copy = new KnownTokens(pool, salt);
        copy._tokens.AddRange(_tokens);
        copy._committed.AddRange(_committed);
        return copy;
    }

    /// <summary>Takes a reference to each page of the longest prefix of a prompt that is there already, but not of all of it: the last
    /// token is to be computed.</summary>
    public int[] Find(ReadOnlySpan<int> prompt)
    {
        if (pool.Prefixes is not { } prefixes)
            return [];
        List<int> pages = [];
        int full = Math.Max(0, prompt.Length - 1) / pool.PageSize;
        while (pages.Count < full)
        {
            ReadOnlySpan<int> tokens = prompt.Slice(pages.Count * pool.PageSize, pool.PageSize);
            PrefixHash hash = NextHash(tokens);
            if (!prefixes.TryFind(hash, out int page))
                break;
            pool.Allocator.Share(page);
            pages.Add(page);
            _committed.Add(hash);
            _tokens.AddRange(tokens);
        }

        prefixes.Count(prompt.Length, _tokens.Count);
        return [.. pages];
    }

    /// <summary>Adds tokens, unless some before them are not known.</summary>
    public void Add(int first, ReadOnlySpan<int> tokens)
    {
        if (pool.Prefixes is not null && _tokens.Count == first)
            _tokens.AddRange(tokens);
    }

    /// <summary>Forgets what stands from a token on.</summary>
    public void Forget(int token)
    {
        if (_tokens.Count > token)
            _tokens.RemoveRange(token, _tokens.Count - token);
        int pages = token / pool.PageSize;
        if (_committed.Count > pages)
            _committed.RemoveRange(pages, _committed.Count - pages);
    }

    /// <summary>Lets other sequences find the full pages.</summary>
    public void Commit(ReadOnlySpan<int> pages)
    {
        for (int page = _committed.Count; page < _tokens.Count / pool.PageSize; page++)
        {
            _committed.Add(NextHash(CollectionsMarshal.AsSpan(_tokens).Slice(page * pool.PageSize, pool.PageSize)));
            pool.Prefixes!.Add(pages[page], _committed[page]);
        }
    }

    /// <summary>Lets other sequences find the full pages that were committed, by those that hold their content now, where no other page
    /// does.</summary>
    public void FindAgain(ReadOnlySpan<int> pages)
    {
        for (int page = 0; page < _committed.Count; page++)
            pool.Prefixes!.Add(pages[page], _committed[page]);
    }

    private PrefixHash NextHash(ReadOnlySpan<int> tokens) => (_committed.Count == 0 ? default : _committed[^1]).Next(tokens, salt);
}
