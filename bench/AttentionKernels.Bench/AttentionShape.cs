namespace AttentionKernels.Bench;

/// <summary>Sizes of an attention problem.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="Queries">Query tokens of a sequence.</param>
/// <param name="Keys">Key tokens of a sequence.</param>
/// <param name="HeadDimension">Elements of a head.</param>
public sealed record AttentionShape(int Batch, int Heads, int KeyValueHeads, int Queries, int Keys, int HeadDimension)
{
    /// <summary>The query's shape.</summary>
    public TensorShape Query => [Batch, Queries, Heads, HeadDimension];

    /// <summary>The shape of key and value.</summary>
    public TensorShape Key => [Batch, Keys, KeyValueHeads, HeadDimension];

    /// <inheritdoc/>
    public override string ToString() => $"{Batch}×{Heads}/{KeyValueHeads}×{Queries}×{Keys}×{HeadDimension}";
}
