using AttentionKernels.Attention;

namespace AttentionKernels;

/// <summary>The lengths of a batch of sequences that lie one behind the other, as such or by offsets.</summary>
/// <remarks>Tensors have as many tokens as the lengths add up to: of memory for more, take the first by
/// <see cref="TensorView{T}.Slice"/>.</remarks>
public readonly ref struct RaggedLengths
{
    /// <summary>Lengths for cross attention, or where keys come before the queries.</summary>
    /// <param name="queries">For each sequence its number of query tokens.</param>
    /// <param name="keys">For each sequence its number of key tokens.</param>
    public RaggedLengths(ReadOnlySpan<int> queries, ReadOnlySpan<int> keys)
        : this(new TokenLengths(queries, areOffsets: false), new TokenLengths(keys, areOffsets: false))
    {
    }

    /// <summary>Lengths for self attention.</summary>
    /// <param name="tokens">For each sequence its number of tokens.</param>
    public RaggedLengths(ReadOnlySpan<int> tokens)
        : this(tokens, tokens)
    {
    }

    private RaggedLengths(TokenLengths queries, TokenLengths keys)
    {
        Queries = queries;
        Keys = keys;
    }

    /// <summary>The query tokens of each sequence.</summary>
    internal TokenLengths Queries { get; }

    /// <summary>The key tokens of each sequence.</summary>
    internal TokenLengths Keys { get; }

    /// <summary>Lengths by offsets, where sequences begin, as FlashAttention takes them (<c>cu_seqlens_q</c>, <c>cu_seqlens_k</c>): 0, n₀,
    /// n₀ + n₁ and so on.</summary>
    /// <param name="queries">For each sequence its first query token, and the number of all behind them.</param>
    /// <param name="keys">For each sequence its first key token, and the number of all behind them.</param>
    /// <returns>The lengths, which read the offsets where they are.</returns>
    /// <exception cref="ArgumentException">Offsets do not begin at 0, or fall.</exception>
    /// <example>
    /// <code>
    /// var shape = new RaggedShape
    /// {
    ///     Sequences = 3, Heads = 8, KeyValueHeads = 2, HeadDimension = 64, MaximumQueries = 200, MaximumKeys = 200,
    /// };
    /// using Tensor&lt;float> query = device.Allocate&lt;float>([36, 8, 64]), output = device.Allocate&lt;float>(query.Shape);
    /// using Tensor&lt;float> key = device.Allocate&lt;float>([175, 2, 64]), value = device.Allocate&lt;float>(key.Shape);
    /// using RaggedAttentionPlan&lt;float> plan = device.PlanRaggedAttention(shape, new CausalMask());
    /// plan.Run(query, key, value, RaggedLengths.FromOffsets([0, 5, 6, 36], [0, 5, 145, 175]), output);
    /// </code>
    /// </example>
    public static RaggedLengths FromOffsets(ReadOnlySpan<int> queries, ReadOnlySpan<int> keys) =>
        new(TokenLengths.Between(queries, nameof(queries)), TokenLengths.Between(keys, nameof(keys)));

    /// <summary>Lengths by offsets for self attention (<c>cu_seqlens</c>).</summary>
    /// <param name="tokens">For each sequence its first token, and the number of all behind them.</param>
    /// <returns>The lengths, which read the offsets where they are.</returns>
    /// <exception cref="ArgumentException">Offsets do not begin at 0, or fall.</exception>
    public static RaggedLengths FromOffsets(ReadOnlySpan<int> tokens)
    {
        TokenLengths lengths = TokenLengths.Between(tokens, nameof(tokens));
        return new RaggedLengths(lengths, lengths);
    }
}
