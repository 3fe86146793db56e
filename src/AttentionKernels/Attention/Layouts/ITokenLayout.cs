namespace AttentionKernels.Attention.Layouts;

/// <summary>
/// Where the tokens of each sequence of a batch lie: the one thing in which contiguous and paged attention differ. Kernels are generic
/// over it, so that both run the same code in the same order.
/// </summary>
/// <remarks>Offsets are in elements from the start of the memory, 64-bit throughout, and lead to head 0 of a token.</remarks>
/// <typeparam name="TSelf">The layout itself.</typeparam>
internal interface ITokenLayout<TSelf>
    where TSelf : struct, ITokenLayout<TSelf>
{
    /// <summary>The number of query tokens of a sequence.</summary>
    static abstract int QueryLength(in TSelf self, int batch);

    /// <summary>The number of key tokens of a sequence.</summary>
    static abstract int KeyLength(in TSelf self, int batch);

    /// <summary>A query token as masks and modifiers see it, against the first of the keys.</summary>
    static virtual Position Position(in TSelf self, int batch, int head, int query) =>
        new(batch, head, query, 0, TSelf.QueryLength(self, batch), TSelf.KeyLength(self, batch));

    /// <summary>The keys outside of which a mask allows nothing for any of the given queries; exact for a single query where the mask's is.</summary>
    static virtual KeyRange Range<TMask>(in TSelf self, in TMask mask, int batch, int firstQuery, int lastQuery)
        where TMask : struct, IMask<TMask> =>
        TMask.Range(mask, firstQuery, lastQuery, TSelf.QueryLength(self, batch), TSelf.KeyLength(self, batch)).Clip(0, TSelf.KeyLength(self, batch));

    /// <summary>Whether split-KV kernels leave partial states of a sequence's rows, which are then merged.</summary>
    /// <param name="self">The layout.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="hasFewRows">Whether it has so few rows that its keys are worth splitting.</param>
    static virtual bool LeavesStates(in TSelf self, int batch, bool hasFewRows) => hasFewRows;

    /// <summary>How many partial states each row of a sequence has.</summary>
    /// <param name="self">The layout.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="splits">Into how many ranges keys are split.</param>
    static virtual int States(in TSelf self, int batch, int splits) => splits;

    /// <summary>Which of its rows' partial states the first split of a sequence leaves.</summary>
    static virtual int FirstState(in TSelf self, int batch) => 0;

    /// <summary>Where the partial states of a row stand among those of all rows.</summary>
    /// <param name="self">The layout.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="head">The query head.</param>
    /// <param name="query">The query token.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="splitQueries">The most queries of a sequence whose keys are split.</param>
    static virtual long StateRow(in TSelf self, int batch, int head, int query, int heads, int splitQueries) =>
        ((((long)batch * heads) + head) * splitQueries) + query;

    /// <summary>The offset of a query token.</summary>
    static abstract long QueryOffset(in TSelf self, int batch, int query);

    /// <summary>The offset of a query token's output.</summary>
    static abstract long OutputOffset(in TSelf self, int batch, int query);

    /// <summary>The offset of the log-sum-exp of a query token and head.</summary>
    static abstract long LogSumExpOffset(in TSelf self, int batch, int head, int query);

    /// <summary>The page in which a key token lies; a contiguous sequence is one page.</summary>
    static abstract int Page(in TSelf self, int batch, int key);

    /// <summary>The token's place in its page.</summary>
    static abstract int Place(in TSelf self, int key);

    /// <summary>How many tokens from a key on lie in the same page.</summary>
    static abstract int RunLength(in TSelf self, int key);
}
