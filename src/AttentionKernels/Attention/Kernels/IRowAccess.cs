namespace AttentionKernels.Attention.Kernels;

/// <summary>What a kernel may take for granted of the rows in memory.</summary>
internal interface IRowAccess
{
    /// <summary>Whether rows of queries, keys, values and outputs begin at multiples of 16 bytes, and values lie as keys do.</summary>
    static abstract bool IsRegular { get; }
}

/// <summary>Rows that are copied 16 bytes at once, and an address of a value that tells that of the key.</summary>
internal readonly struct RegularRows : IRowAccess
{
    public static bool IsRegular => true;
}

/// <summary>Rows that are copied element by element, wherever they begin.</summary>
internal readonly struct AnyRows : IRowAccess
{
    public static bool IsRegular => false;
}
