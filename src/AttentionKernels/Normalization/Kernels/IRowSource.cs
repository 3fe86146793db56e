namespace AttentionKernels.Normalization.Kernels;

/// <summary>Policy type: what is normalised.</summary>
internal interface IRowSource
{
    /// <summary>Whether rows are added to others first, which then have the sums.</summary>
    static abstract bool IsSum { get; }
}

/// <summary>Rows as they are.</summary>
internal readonly struct PlainRows : IRowSource
{
    public static bool IsSum => false;
}

/// <summary>Rows to which others are added.</summary>
internal readonly struct SummedRows : IRowSource
{
    public static bool IsSum => true;
}
