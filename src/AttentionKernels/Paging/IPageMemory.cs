namespace AttentionKernels.Paging;

/// <summary>What happens to the content of pages; all is queued in order.</summary>
internal interface IPageMemory
{
    /// <summary>Copies a page to another.</summary>
    void Copy(int source, int target);

    /// <summary>Copies a page to a page of host memory.</summary>
    void CopyToHost(int source, int hostTarget);

    /// <summary>Copies a page of host memory to a page.</summary>
    void CopyFromHost(int hostSource, int target);
}
