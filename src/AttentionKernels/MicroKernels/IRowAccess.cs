namespace AttentionKernels.MicroKernels;

/// <summary>Policy type: what a kernel may take for granted of the rows in memory.</summary>
internal interface IRowAccess
{
    /// <summary>
    /// Whether all rows begin at multiples of what the kernel copies at once: by tensor cores 16 bytes, and values lie as keys do; of the
    /// Simt schedule four numbers, and rows have a multiple of them.
    /// </summary>
    static abstract bool IsRegular { get; }

    /// <summary>Whether rows also are as long as the kernel's tile.</summary>
    static virtual bool IsWhole => false;
}

/// <summary>Rows of which several numbers are copied at once.</summary>
internal readonly struct RegularRows : IRowAccess
{
    public static bool IsRegular => true;
}

/// <summary>Such rows, as long as the kernel's tile.</summary>
internal readonly struct WholeRows : IRowAccess
{
    public static bool IsRegular => true;

    public static bool IsWhole => true;
}

/// <summary>Rows that are copied number by number, wherever they begin.</summary>
internal readonly struct AnyRows : IRowAccess
{
    public static bool IsRegular => false;
}
