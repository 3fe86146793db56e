namespace AttentionKernels.Oracle;

/// <summary>Dense host arrays of an attention problem, and its sizes.</summary>
internal sealed record AttentionInputs
{
    /// <summary>[batch, queries, heads, headDim].</summary>
    public required float[] Query { get; init; }

    /// <summary>[batch, keys, kv heads, headDim].</summary>
    public required float[] Key { get; init; }

    /// <summary>[batch, keys, kv heads, headDim].</summary>
    public required float[] Value { get; init; }

    /// <summary>Sequences.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>The index of the first sequence, as masks and modifiers see it.</summary>
    public int FirstSequence { get; init; }

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Kv heads; each serves as many query heads.</summary>
    public int KeyValueHeads { get; init; } = 1;

    /// <summary>Query tokens of a sequence.</summary>
    public int Queries { get; init; } = 1;

    /// <summary>Key tokens of a sequence.</summary>
    public required int Keys { get; init; }

    /// <summary>Elements of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>What scores are multiplied by; 1/√headDim where it is <see langword="null"/>.</summary>
    public float? Scale { get; init; }

    /// <summary>[batch, keys, kv heads]: what a kernel multiplies weights by before it rounds them; nothing where it is
    /// <see langword="null"/>.</summary>
    public float[]? WeightFactors { get; init; }

    /// <summary>The elements of the output.</summary>
    public int OutputLength => Batch * Queries * Heads * HeadDimension;

    /// <summary>The first element of a query's row, in the query and in the output.</summary>
    public int QueryRow(int batch, int head, int query) => ((((batch * Queries) + query) * Heads) + head) * HeadDimension;

    /// <summary>The first element of a key's row, for a query head.</summary>
    public int KeyRow(int batch, int head, int key) =>
        ((((batch * Keys) + key) * KeyValueHeads) + (head / (Heads / KeyValueHeads))) * HeadDimension;

    /// <summary>The index of a row's log-sum-exp in [batch, heads, queries].</summary>
    public int StateIndex(int batch, int head, int query) => (((batch * Heads) + head) * Queries) + query;
}
