using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>
/// A list of items that share keys: a range of keys, and the queries of the neighbouring sequences that have it in common. Masks and
/// modifiers see each query where it stands in its sequence.
/// </summary>
internal struct CascadeWork : IWork<CascadeWork>
{
    /// <summary>The items.</summary>
    public ArrayView<WorkItem> Items;

    /// <summary>For each query token whose it is.</summary>
    public ArrayView<CascadeToken> Tokens;

    /// <summary>The sequences by themselves.</summary>
    public RaggedWork Sequences;

    public static WorkItem Item(in CascadeWork self, int index) => self.Items[index];

    public static Position Position(in CascadeWork self, WorkItem item, int head, int query)
    {
        int token = item.FirstToken + query;
        WorkItem sequence = RaggedWork.Item(self.Sequences, self.Tokens[token].Sequence);
        return new Position(sequence.Sequence, head, token - sequence.FirstToken, item.FirstKey, sequence.Queries, sequence.Keys);
    }

    public static KeyRange Range<TMask>(in CascadeWork self, in TMask mask, WorkItem item, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask>
    {
        int first = item.Keys;
        int end = 0;
        for (int query = firstQuery; query <= lastQuery; query++)
        {
            Position at = Position(self, item, 0, query);
            KeyRange range = TMask.Range(mask, at.Query, at.Query, at.QueryLength, at.KeyLength);
            range = range.Clip(item.FirstKey, item.FirstKey + item.Keys);
            first = Math.Min(first, range.First - item.FirstKey);
            end = Math.Max(end, range.End - item.FirstKey);
        }

        return new KeyRange(first, end);
    }

    public static bool WritesStates(WorkItem item, bool hasFewRows) => item.WritesStates != 0;

    public static int States(WorkItem item, int splits) => item.State + 1;

    public static long StateRow(in CascadeWork self, WorkItem item, int head, int query, int heads, int splitQueries) =>
        ((long)self.Tokens[item.FirstToken + query].StateRow * heads) + head;
}

/// <summary>A query token of a cascade.</summary>
internal struct CascadeToken
{
    /// <summary>The sequence, from 0.</summary>
    public int Sequence;

    /// <summary>The token's place among those whose rows have partial states.</summary>
    public int StateRow;
}
