using ILGPU;

namespace AttentionKernels.Attention.Work;

/// <summary>The lengths of sequences that each have their own number of queries and keys.</summary>
internal struct SequenceLengths
{
    /// <summary>For each sequence its first query token, and one entry more that ends the last.</summary>
    public ArrayView<int> QueryStarts;

    /// <summary>For each sequence its number of key tokens.</summary>
    public ArrayView<int> Keys;

    /// <summary>A sequence by itself.</summary>
    public readonly WorkItem Item(int sequence) => new()
    {
        Sequence = sequence,
        FirstToken = QueryStarts[sequence],
        Queries = QueryStarts[sequence + 1] - QueryStarts[sequence],
        Keys = Keys[sequence],
    };
}
