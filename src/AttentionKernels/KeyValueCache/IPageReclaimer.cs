namespace AttentionKernels;

/// <summary>
/// Keeps pages that no sequence refers to, because their content may be wanted again, and gives them up where a
/// <see cref="PageAllocator"/> has no free page left: its eviction hook.
/// </summary>
public interface IPageReclaimer
{
    /// <summary>How many pages it keeps that no sequence refers to.</summary>
    int ReclaimablePages { get; }

    /// <summary>Asks whether to keep a page that has lost its last reference.</summary>
    /// <param name="page">The page.</param>
    /// <returns>Whether it is kept; otherwise it becomes free.</returns>
    bool Retain(int page);

    /// <summary>Is told that a page which it keeps has a reference again.</summary>
    /// <param name="page">The page.</param>
    void Revive(int page);

    /// <summary>Gives up one of the pages that it keeps. Where it throws, it keeps what it kept.</summary>
    /// <returns>The page.</returns>
    int Reclaim();
}
