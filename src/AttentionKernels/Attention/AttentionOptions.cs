namespace AttentionKernels;

/// <summary>How attention is computed; every algorithm gives the same result within the numerical contract.</summary>
public enum AttentionAlgorithm
{
    /// <summary>All scores are materialised in memory: the definition and the baseline.</summary>
    Naive,

    /// <summary>Online softmax over key tiles, no buffer of scores.</summary>
    Tiled,

    /// <summary>Few queries against many keys: the keys are split among workers, and the partial states merged in a fixed order.</summary>
    SplitKv,
}

/// <summary>What an attention plan may be told; everything has a default.</summary>
public sealed record AttentionOptions
{
    /// <summary>What products of query and key are multiplied by; 1/√headDim where <see langword="null"/>. Any finite number; with 0 all
    /// attended keys weigh alike.</summary>
    public float? Scale { get; init; }

    /// <summary>Forces a algorithm; the planner chooses by shape where <see langword="null"/>.</summary>
    public AttentionAlgorithm? Algorithm { get; init; }

    /// <summary>Forces a schedule; the planner chooses by device where <see langword="null"/>.</summary>
    public KernelSchedule? Schedule { get; init; }

    /// <summary>Forces the number of splits of <see cref="AttentionAlgorithm.SplitKv"/>; the planner chooses where <see langword="null"/>.
    /// At least 1; at most one for each 64 keys is used.</summary>
    public int? Splits { get; init; }

    /// <summary>In which order the parts of a row are added: as the device is kept busiest, or so that a result does not depend on the
    /// batch.</summary>
    public Reduction Reduction { get; init; }

    /// <summary>Forces the vector width of the Vector schedule, 4, 8 or 16 lanes, for tests; the device's own where
    /// <see langword="null"/>.</summary>
    internal int? Lanes { get; init; }
}
