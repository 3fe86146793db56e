namespace AttentionKernels.Attention.Work;

/// <summary>Sequences of a batch that all have as many queries and keys.</summary>
internal struct UniformWork : IWork<UniformWork>
{
    public int Queries;
    public int Keys;

    public static WorkItem Item(in UniformWork self, int index) => new() { Sequence = index, Queries = self.Queries, Keys = self.Keys };

    public static Position Position(in UniformWork self, WorkItem item, int head, int query) => SequenceWork.Position(item, head, query);

    public static KeyRange Range<TMask>(in UniformWork self, in TMask mask, WorkItem item, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask> => SequenceWork.Range(mask, item, firstQuery, lastQuery);

    public static bool WritesStates(WorkItem item, bool hasFewRows) => hasFewRows;

    public static int States(WorkItem item, int splits) => splits;

    public static long StateRow(in UniformWork self, WorkItem item, int head, int query, int heads, int splitQueries) =>
        SequenceWork.StateRow(item, head, query, heads, splitQueries);
}
