namespace AttentionKernels.Attention.Work;

/// <summary>Sequences of a batch that all have as many queries and keys.</summary>
internal struct UniformWork : IWork<UniformWork>
{
    public int Queries;
    public int Keys;

    public static WorkItem Item(in UniformWork self, int index) => new() { Sequence = index, Queries = self.Queries, Keys = self.Keys };
}
