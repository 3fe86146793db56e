namespace AttentionKernels.Attention.Work;

/// <summary>What works whose items are sequences by themselves have in common: <see cref="UniformWork"/> and
/// <see cref="RaggedWork"/>.</summary>
internal static class SequenceWork
{
    /// <inheritdoc cref="IWork{TSelf}.Position"/>
    public static Position Position(WorkItem item, int head, int query) => new(item.Sequence, head, query, 0, item.Queries, item.Keys);

    /// <inheritdoc cref="IWork{TSelf}.Range"/>
    public static KeyRange Range<TMask>(in TMask mask, WorkItem item, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask> => TMask.Range(mask, firstQuery, lastQuery, item.Queries, item.Keys).Clip(0, item.Keys);

    /// <inheritdoc cref="IWork{TSelf}.StateRow"/>
    public static long StateRow(WorkItem item, int head, int query, int heads, int splitQueries) =>
        ((((long)item.Sequence * heads) + head) * splitQueries) + query;
}
