namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Where the tokens of each sequence of a batch lie: the one thing in which contiguous and paged attention differ. Kernels are generic
/// over it, so that both run the same code in the same order.
/// </summary>
/// <remarks>Offsets are in elements from the start of the memory, 64-bit throughout, and lead to head 0 of a token.</remarks>
/// <typeparam name="TSelf">The layout itself.</typeparam>
internal interface ITokenPlaces<TSelf>
    where TSelf : struct, ITokenPlaces<TSelf>
{
    /// <summary>The number of query tokens of a sequence.</summary>
    static abstract int QueryLength(in TSelf self, int batch);

    /// <summary>The number of key tokens of a sequence.</summary>
    static abstract int KeyLength(in TSelf self, int batch);

    /// <summary>The offset of a query token.</summary>
    static abstract long QueryOffset(in TSelf self, int batch, int query);

    /// <summary>The offset of a query token's output.</summary>
    static abstract long OutputOffset(in TSelf self, int batch, int query);

    /// <summary>The offset of the log-sum-exp of a query token and head.</summary>
    static abstract long LogSumExpOffset(in TSelf self, int batch, int head, int query);

    /// <summary>The page in which a key token lies; a contiguous sequence is one page.</summary>
    static abstract int Page(in TSelf self, int batch, int key);

    /// <summary>The token's place in its page.</summary>
    static abstract int Place(in TSelf self, int key);

    /// <summary>How many tokens from a key on lie in the same page.</summary>
    static abstract int RunLength(in TSelf self, int key);
}
