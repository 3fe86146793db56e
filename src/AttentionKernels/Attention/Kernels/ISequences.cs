namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Where the tokens of each sequence of a batch lie: the one thing in which contiguous and paged attention differ. Kernels are generic
/// over it, so that both run the same code in the same order.
/// </summary>
/// <remarks>Offsets are in elements from the start of the memory, 64-bit throughout, and lead to head 0 of a token.</remarks>
/// <typeparam name="TSelf">The layout itself.</typeparam>
internal interface ISequences<TSelf>
    where TSelf : struct, ISequences<TSelf>
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

    /// <summary>The offset of a token's key.</summary>
    static abstract long KeyOffset(in TSelf self, int batch, int key);

    /// <summary>The offset of a token's value.</summary>
    static abstract long ValueOffset(in TSelf self, int batch, int key);

    /// <summary>How many tokens from a key on lie at equal strides: all of a contiguous sequence, the rest of a page.</summary>
    static abstract int RunLength(in TSelf self, int key);

    /// <summary>Elements from a token's key to the next within a run.</summary>
    static abstract long KeyStride(in TSelf self);

    /// <summary>Elements from a token's value to the next within a run.</summary>
    static abstract long ValueStride(in TSelf self);
}
