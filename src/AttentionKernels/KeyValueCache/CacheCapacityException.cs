namespace AttentionKernels;

/// <summary>A cache has not enough pages for what was asked. Nothing was changed.</summary>
/// <param name="memory">What the pages are of, such as "the cache".</param>
/// <param name="requestedPages">How many pages were asked for.</param>
/// <param name="availablePages">How many there were.</param>
public sealed class CacheCapacityException(string memory, int requestedPages, int availablePages)
    : Exception($"{requestedPages} pages of {memory} were asked for; {availablePages} are available.")
{
    /// <summary>How many pages were asked for.</summary>
    public int RequestedPages { get; } = requestedPages;

    /// <summary>How many pages there were, those that could be evicted included.</summary>
    public int AvailablePages { get; } = availablePages;
}
