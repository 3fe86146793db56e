namespace AttentionKernels.Attention.Layouts;

/// <summary>Token layout: at which offset a token of a sequence lies, and nothing else. Kernels are generic over it.</summary>
/// <remarks>Offsets are in elements from the start of the memory, 64-bit throughout, and lead to head 0 of a token.</remarks>
/// <typeparam name="TSelf">The layout itself.</typeparam>
internal interface ILayout<TSelf>
    where TSelf : struct, ILayout<TSelf>
{
    /// <summary>The offset of a query token.</summary>
    static abstract long QueryOffset(in TSelf self, int sequence, int token);

    /// <summary>The offset of a query token's output.</summary>
    static abstract long OutputOffset(in TSelf self, int sequence, int token);

    /// <summary>The offset of the log-sum-exp of a query token and head.</summary>
    static abstract long LogSumExpOffset(in TSelf self, int sequence, int head, int token);

    /// <summary>The page in which a key token lies; a contiguous sequence is one page.</summary>
    static abstract int Page(in TSelf self, int sequence, int key);

    /// <summary>The key token's place in its page.</summary>
    static abstract int Place(in TSelf self, int key);

    /// <summary>Whether all keys of a sequence are at a fixed pitch.</summary>
    static virtual bool IsPitched => false;

    /// <summary>Whether offsets of query tokens and their outputs are multiples of a number of elements.</summary>
    static abstract bool IsAligned(in TSelf self, int elements);

    /// <summary>How many key tokens from one on lie in the same page.</summary>
    static abstract int RunLength(in TSelf self, int key);
}
