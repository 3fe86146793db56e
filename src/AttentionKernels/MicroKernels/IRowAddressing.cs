namespace AttentionKernels.MicroKernels;

/// <summary>How a micro-kernel is told where the rows lie that it reads, as a compile-time choice.</summary>
internal interface IRowAddressing
{
    /// <summary>Whether each row has its offset in a list; otherwise the list is the one stride from each to the next.</summary>
    static abstract bool AreGathered { get; }
}

/// <summary>Each row has an offset of its own.</summary>
internal readonly struct GatheredRows : IRowAddressing
{
    public static bool AreGathered => true;
}

/// <summary>Rows lie at equal strides.</summary>
internal readonly struct StridedRows : IRowAddressing
{
    public static bool AreGathered => false;
}
