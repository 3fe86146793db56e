using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>
/// Sequences over pages, taken apart into segments: a range of keys and the neighbouring sequences that have it in common. To kernels a
/// segment is a sequence of its own, whose queries are those of all its sequences and whose rows leave partial states; masks and
/// modifiers see each query where it stands in its sequence.
/// </summary>
internal struct CascadeLayout : ITokenLayout<CascadeLayout>
{
    /// <summary>The sequences.</summary>
    public PagedLayout Sequences;

    /// <summary>The segments.</summary>
    public ArrayView<CascadeSegment> Segments;

    /// <summary>For each query token whose it is.</summary>
    public ArrayView<CascadeToken> Tokens;

    public static int QueryLength(in CascadeLayout self, int batch) => self.Segments[batch].Queries;

    public static int KeyLength(in CascadeLayout self, int batch) => self.Segments[batch].Keys;

    public static Position Position(in CascadeLayout self, int batch, int head, int query)
    {
        CascadeSegment segment = self.Segments[batch];
        int token = segment.FirstToken + query;
        int sequence = self.Tokens[token].Sequence;
        return new Position(
            sequence, head, token - self.Sequences.QueryStarts[sequence], segment.FirstKey,
            PagedLayout.QueryLength(self.Sequences, sequence), PagedLayout.KeyLength(self.Sequences, sequence));
    }

    public static KeyRange Range<TMask>(in CascadeLayout self, in TMask mask, int batch, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask>
    {
        CascadeSegment segment = self.Segments[batch];
        int first = segment.Keys;
        int end = 0;
        for (int query = firstQuery; query <= lastQuery; query++)
        {
            Position at = Position(self, batch, 0, query);
            KeyRange range = TMask.Range(mask, at.Query, at.Query, at.QueryLength, at.KeyLength)
                .Clip(segment.FirstKey, segment.FirstKey + segment.Keys);
            first = Math.Min(first, range.First - segment.FirstKey);
            end = Math.Max(end, range.End - segment.FirstKey);
        }

        return new KeyRange(first, end);
    }

    public static bool LeavesStates(in CascadeLayout self, int batch, bool hasFewRows) => self.Segments[batch].LeavesStates != 0;

    public static int States(in CascadeLayout self, int batch, int splits) => self.Segments[batch].State + 1;

    public static int FirstState(in CascadeLayout self, int batch) => self.Segments[batch].State;

    public static long StateRow(in CascadeLayout self, int batch, int head, int query, int heads, int splitQueries) =>
        ((long)self.Tokens[self.Segments[batch].FirstToken + query].StateRow * heads) + head;

    public static long QueryOffset(in CascadeLayout self, int batch, int query) =>
        (self.Segments[batch].FirstToken + query) * self.Sequences.QueryTokenStride;

    public static long OutputOffset(in CascadeLayout self, int batch, int query) =>
        (self.Segments[batch].FirstToken + query) * self.Sequences.OutputTokenStride;

    public static long LogSumExpOffset(in CascadeLayout self, int batch, int head, int query) =>
        (head * self.Sequences.QueryTokens) + self.Segments[batch].FirstToken + query;

    public static int Page(in CascadeLayout self, int batch, int key) =>
        PagedLayout.Page(self.Sequences, self.Segments[batch].Sequence, self.Segments[batch].FirstKey + key);

    // A segment begins with a page.
    public static int Place(in CascadeLayout self, int key) => PagedLayout.Place(self.Sequences, key);

    public static int RunLength(in CascadeLayout self, int key) => PagedLayout.RunLength(self.Sequences, key);
}

/// <summary>A range of keys, and the query tokens of the neighbouring sequences that have it in common.</summary>
internal struct CascadeSegment
{
    /// <summary>The first query token.</summary>
    public int FirstToken;

    /// <summary>The number of query tokens.</summary>
    public int Queries;

    /// <summary>A sequence whose row of the block table names the pages.</summary>
    public int Sequence;

    /// <summary>The first key, with which a page begins.</summary>
    public int FirstKey;

    /// <summary>The number of keys.</summary>
    public int Keys;

    /// <summary>Which of its rows' partial states it leaves; the last segment of a sequence leaves the last one.</summary>
    public int State;

    /// <summary>1 if it leaves partial states, 0 if it is all of its sequence and stores the outputs.</summary>
    public int LeavesStates;
}

/// <summary>A query token of a cascade.</summary>
internal struct CascadeToken
{
    /// <summary>The sequence, from 0.</summary>
    public int Sequence;

    /// <summary>The token's place among those whose rows have partial states.</summary>
    public int StateRow;
}
