namespace AttentionKernels;

/// <summary>Neighbouring queries of a sequence, as masks are asked about the keys of all of them.</summary>
public readonly struct QueryRange
{
    /// <summary>Makes a range.</summary>
    /// <param name="batch">The sequence's index in the batch.</param>
    /// <param name="first">The first query, from 0.</param>
    /// <param name="last">The last query.</param>
    /// <param name="queryLength">The sequence's number of query tokens.</param>
    /// <param name="keyLength">The sequence's number of key tokens.</param>
    public QueryRange(int batch, int first, int last, int queryLength, int keyLength)
    {
        Batch = batch;
        First = first;
        Last = last;
        QueryLength = queryLength;
        KeyLength = keyLength;
    }

    /// <summary>The sequence's index in the batch.</summary>
    public int Batch { get; }

    /// <summary>The first query, from 0.</summary>
    public int First { get; }

    /// <summary>The last query.</summary>
    public int Last { get; }

    /// <summary>The first query head that is asked about, where <see cref="IMask{TSelf}.Coverage"/> is; ranges are for all heads.</summary>
    public int FirstHead { get; init; }

    /// <summary>The last query head that is asked about.</summary>
    public int LastHead { get; init; }

    /// <summary>The sequence's number of query tokens.</summary>
    public int QueryLength { get; }

    /// <summary>The sequence's number of key tokens.</summary>
    public int KeyLength { get; }

    /// <summary>Where the first query stands in its sequence, whose last tokens the queries are: as
    /// <see cref="Position.QueryPosition"/>.</summary>
    public int FirstPosition => KeyLength - QueryLength + First;

    /// <summary>Where the last query stands.</summary>
    public int LastPosition => KeyLength - QueryLength + Last;

    /// <summary>One of the queries alone.</summary>
    internal QueryRange Only(int query) => new(Batch, query, query, QueryLength, KeyLength);
}
