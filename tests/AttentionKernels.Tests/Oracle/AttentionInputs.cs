namespace AttentionKernels.Tests.Oracle;

/// <summary>Dense host arrays of one attention problem: query [batch, queries, heads, headDim], key and value [batch, keys, kv heads, headDim].</summary>
internal sealed record AttentionInputs(
    float[] Query, float[] Key, float[] Value, int Batch, int Heads, int KeyValueHeads, int Queries, int Keys, int HeadDimension)
{
    /// <summary>What scores are multiplied by, 1/√headDim unless set.</summary>
    public float Scale { get; init; } = (float)(1 / Math.Sqrt(HeadDimension));

    public int OutputLength => Batch * Queries * Heads * HeadDimension;

    public int LogSumExpLength => Batch * Heads * Queries;

    /// <summary>The first element of a query's row, in the query and in the output.</summary>
    public int QueryRow(int batch, int head, int query) => ((((batch * Queries) + query) * Heads) + head) * HeadDimension;

    /// <summary>The first element of a key's row, for a query head.</summary>
    public int KeyRow(int batch, int head, int key) => ((((batch * Keys) + key) * KeyValueHeads) + (head / (Heads / KeyValueHeads))) * HeadDimension;

    /// <summary>The index of a row's log-sum-exp in [batch, heads, queries].</summary>
    public int StateIndex(int batch, int head, int query) => (((batch * Heads) + head) * Queries) + query;

    /// <summary>Calls <paramref name="row"/> for every batch, head and query.</summary>
    public void ForEachRow(Action<int, int, int> row) =>
        Parallel.For(0, Batch * Heads * Queries, index => row(index / (Heads * Queries), index / Queries % Heads, index % Queries));
}
