using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>Sequences that each have their own number of queries and keys.</summary>
internal struct RaggedWork : IWork<RaggedWork>
{
    /// <summary>For each sequence its first query token, and one entry more that ends the last.</summary>
    public ArrayView<int> QueryStarts;

    /// <summary>For each sequence its number of key tokens.</summary>
    public ArrayView<int> KeyLengths;

    public static WorkItem Item(in RaggedWork self, int index) => new()
    {
        Sequence = index,
        FirstToken = self.QueryStarts[index],
        Queries = self.QueryStarts[index + 1] - self.QueryStarts[index],
        Keys = self.KeyLengths[index],
    };
}
