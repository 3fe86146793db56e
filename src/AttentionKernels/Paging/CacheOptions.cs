namespace AttentionKernels;

/// <summary>The sizes of a paged KV cache.</summary>
public sealed record CacheOptions
{
    /// <summary>Pages in the pool; at least 1.</summary>
    public required int Pages { get; init; }

    /// <summary>Tokens of a page; from 1 to 256.</summary>
    public int PageSize { get; init; } = 16;

    /// <summary>Kv heads; at least 1.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Elements of a head; from 1 to 512.</summary>
    public required int HeadDimension { get; init; }
}
