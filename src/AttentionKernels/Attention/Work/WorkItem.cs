namespace AttentionKernels.Attention.Work;

/// <summary>A unit of work: some query tokens against a range of keys that all of them read.</summary>
internal struct WorkItem
{
    /// <summary>The sequence whose keys they are, and, of a sequence by itself, whose queries.</summary>
    public int Sequence;

    /// <summary>The first query token, as the layout counts them.</summary>
    public int FirstToken;

    /// <summary>The number of query tokens.</summary>
    public int Queries;

    /// <summary>The first key of the range.</summary>
    public int FirstKey;

    /// <summary>The number of keys of the range.</summary>
    public int Keys;
}
