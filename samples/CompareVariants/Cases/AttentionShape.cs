using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>The sizes of an attention problem.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="Queries">Query tokens of a sequence.</param>
/// <param name="Keys">Key tokens of a sequence.</param>
/// <param name="HeadDimension">Elements of a head.</param>
internal sealed record AttentionShape(int Batch, int Heads, int KeyValueHeads, int Queries, int Keys, int HeadDimension)
{
    /// <summary>The shape of query and output.</summary>
    public TensorShape Query => [Batch, Queries, Heads, HeadDimension];

    /// <summary>The shape of key and value.</summary>
    public TensorShape Key => [Batch, Keys, KeyValueHeads, HeadDimension];

    /// <summary>What the field calls this proportion of heads.</summary>
    public string Kind => KeyValueHeads == Heads ? "MHA" : KeyValueHeads == 1 ? "MQA" : "GQA";

    /// <summary>How many keys a query attends to, the first ones; a causal mask is aligned at the last query and key.</summary>
    public int AllowedKeys(int query, bool causal) => causal ? Math.Clamp(query + 1 + Keys - Queries, 0, Keys) : Keys;

    /// <summary>The pairs of query and key that attend to each other, over all heads.</summary>
    public long AllowedPairs(bool causal) =>
        (long)Batch * Heads * Enumerable.Range(0, Queries).Sum(query => (long)AllowedKeys(query, causal));

    /// <summary>A problem of these sizes, for the oracle.</summary>
    public AttentionInputs Inputs(float[] query, float[] key, float[] value) => new()
    {
        Query = query,
        Key = key,
        Value = value,
        Batch = Batch,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        Queries = Queries,
        Keys = Keys,
        HeadDimension = HeadDimension,
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        string heads = Heads == KeyValueHeads ? $"{Heads}" : $"{Heads}/{KeyValueHeads}";
        return $"{(Batch == 1 ? "" : $"{Batch} × ")}{heads} heads × {Queries} × {Keys} × {HeadDimension}";
    }
}
