namespace AttentionKernels;

/// <summary>The sizes of a batch of sequences that each have lengths of their own and lie one behind the other, without padding.</summary>
/// <example>
/// <code>
/// var shape = new RaggedShape
/// {
///     Sequences = 16, Heads = 32, KeyValueHeads = 8, HeadDimension = 128, MaximumQueries = 512, MaximumKeys = 2048,
/// };
/// </code>
/// </example>
public sealed record RaggedShape
{
    /// <summary>How many sequences there are; some of a run may be empty. Kernels count rows: sequences × heads × queries must be fewer
    /// than 2³¹.</summary>
    public required int Sequences { get; init; }

    /// <summary>Query heads; a multiple of <see cref="KeyValueHeads"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>Kv heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Elements of a head of a query and of a key: from 1 to 512, beside values of another dimension
    /// (<see cref="AttentionOptions.ValueDimension"/>) to 1024.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>The most query tokens of a sequence.</summary>
    public required int MaximumQueries { get; init; }

    /// <summary>The most key tokens of a sequence.</summary>
    public required int MaximumKeys { get; init; }
}
