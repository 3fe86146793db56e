namespace AttentionKernels.MicroKernels;

/// <summary>Policy type: row addressing, strided or gathered.</summary>
internal interface IRowAddressing
{
    /// <summary>Whether rows are gathered, each at an offset of a list; otherwise strided, and the list holds the stride.</summary>
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
