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

    /// <summary>Cascades: which of its rows' partial states the item writes; the last item of a sequence writes the last one.</summary>
    public int State;

    /// <summary>Cascades: 1 if the item writes partial states, 0 if it is all of its sequence and writes the output.</summary>
    public int WritesStates;
}
