namespace AttentionKernels.Attention.Work;

/// <summary>
/// Which work there is: the n-th item in closed form, where items are the sequences of a batch, or from a list, where the host has planned
/// them. Kernels are generic over it.
/// </summary>
/// <remarks>But for <see cref="Item"/>, members have the form of works whose items are sequences by themselves.</remarks>
/// <typeparam name="TSelf">The work itself.</typeparam>
internal interface IWork<TSelf>
    where TSelf : struct, IWork<TSelf>
{
    /// <summary>An item.</summary>
    static abstract WorkItem Item(in TSelf self, int index);

    /// <summary>A query token of an item as masks and modifiers see it, against the first of the item's keys.</summary>
    static virtual Position Position(in TSelf self, WorkItem item, int head, int query) =>
        new(item.Sequence, head, query, 0, item.Queries, item.Keys);

    /// <summary>
    /// The keys of an item, from its first, outside of which a mask allows nothing for any of the given queries; exact for a single query
    /// where the mask's range is.
    /// </summary>
    static virtual KeyRange Range<TMask>(in TSelf self, in TMask mask, WorkItem item, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask> =>
        TMask.Range(mask, firstQuery, lastQuery, item.Queries, item.Keys).Clip(0, item.Keys);

    /// <summary>Whether split-KV kernels write partial states of an item's rows, which are then merged.</summary>
    /// <param name="item">The item.</param>
    /// <param name="hasFewRows">Whether it has so few rows that its keys are worth splitting.</param>
    static virtual bool WritesStates(WorkItem item, bool hasFewRows) => hasFewRows;

    /// <summary>How many partial states are merged for each row of an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="splits">Into how many ranges the keys of an item are split.</param>
    static virtual int States(WorkItem item, int splits) => splits;

    /// <summary>Where the partial states of a row stand among those of all rows.</summary>
    /// <param name="self">The work.</param>
    /// <param name="item">The item.</param>
    /// <param name="head">The query head.</param>
    /// <param name="query">The query token, from the item's first.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="splitQueries">The most queries of an item whose keys are split.</param>
    static virtual long StateRow(in TSelf self, WorkItem item, int head, int query, int heads, int splitQueries) =>
        ((((long)item.Sequence * heads) + head) * splitQueries) + query;
}
