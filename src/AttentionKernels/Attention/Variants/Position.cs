namespace AttentionKernels;

/// <summary>Where a score stands: what masks and score modifiers decide by.</summary>
public readonly struct Position
{
    /// <summary>Makes a position.</summary>
    /// <param name="batch">The sequence's index in the batch.</param>
    /// <param name="head">The query head.</param>
    /// <param name="query">The query token, from 0.</param>
    /// <param name="key">The key token, from 0.</param>
    /// <param name="queryLength">The sequence's number of query tokens.</param>
    /// <param name="keyLength">The sequence's number of key tokens.</param>
    public Position(int batch, int head, int query, int key, int queryLength, int keyLength)
    {
        Batch = batch;
        Head = head;
        Query = query;
        Key = key;
        QueryLength = queryLength;
        KeyLength = keyLength;
    }

    /// <summary>The sequence's index in the batch.</summary>
    public int Batch { get; }

    /// <summary>The query head.</summary>
    public int Head { get; }

    /// <summary>The query token, from 0: which one of the queries of this run. See <see cref="QueryPosition"/> for where it stands in its
    /// sequence.</summary>
    public int Query { get; }

    /// <summary>The key token, from 0.</summary>
    public int Key { get; }

    /// <summary>The sequence's number of query tokens.</summary>
    public int QueryLength { get; }

    /// <summary>The sequence's number of key tokens.</summary>
    public int KeyLength { get; }

    /// <summary>
    /// KeyLength − QueryLength + Query: where the query stands in its sequence, where the queries are the last of its tokens, as in a
    /// language model. It is the same whether a token is computed with its prompt, in a chunk, or alone while decoding.
    /// </summary>
    public int QueryPosition => KeyLength - QueryLength + Query;

    /// <summary>The position of the row's score against key 0.</summary>
    internal Position Row => new(Batch, Head, Query, 0, QueryLength, KeyLength);
}
