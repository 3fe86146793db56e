namespace AttentionKernels;

/// <summary>The lengths of a batch of sequences that lie one behind the other.</summary>
/// <remarks>Other libraries take offsets, where sequences begin (<c>cu_seqlens</c>): a length is the difference of two neighbouring ones.
/// Tensors have as many tokens as the lengths add up to: of memory for more, take the first by <see cref="TensorView{T}.Slice"/>.</remarks>
public readonly ref struct RaggedLengths
{
    /// <summary>Lengths for cross attention, or where keys come before the queries.</summary>
    /// <param name="queries">For each sequence its number of query tokens.</param>
    /// <param name="keys">For each sequence its number of key tokens.</param>
    public RaggedLengths(ReadOnlySpan<int> queries, ReadOnlySpan<int> keys)
    {
        Queries = queries;
        Keys = keys;
    }

    /// <summary>Lengths for self attention.</summary>
    /// <param name="tokens">For each sequence its number of tokens.</param>
    public RaggedLengths(ReadOnlySpan<int> tokens)
        : this(tokens, tokens)
    {
    }

    /// <summary>For each sequence its number of query tokens.</summary>
    public ReadOnlySpan<int> Queries { get; }

    /// <summary>For each sequence its number of key tokens.</summary>
    public ReadOnlySpan<int> Keys { get; }
}
