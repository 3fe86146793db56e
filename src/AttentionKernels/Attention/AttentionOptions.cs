using AttentionKernels.Attention;

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
    // Each level may cost a partial state of every row.
    private const int MaximumCascadeLevels = 64;

    /// <summary>What products of query and key are multiplied by; 1/√headDim where <see langword="null"/>. Any finite number; with 0 all
    /// attended keys weigh alike.</summary>
    public float? Scale { get; init; }

    /// <summary>Elements of a head of values and outputs, from 1 to 512, where keys and queries, of up to 1024, have another number; the
    /// same where <see langword="null"/>. Plans over pages take the cache's.</summary>
    public int? ValueDimension { get; init; }

    /// <summary>Forces an algorithm; the planner chooses by shape where <see langword="null"/>.</summary>
    public AttentionAlgorithm? Algorithm { get; init; }

    /// <summary>Forces a schedule; the planner chooses by device where <see langword="null"/>.</summary>
    public KernelSchedule? Schedule { get; init; }

    /// <summary>Forces the number of splits of <see cref="AttentionAlgorithm.SplitKv"/>; the planner chooses where <see langword="null"/>.
    /// At least 1; at most one for each 64 keys is used.</summary>
    public int? Splits { get; init; }

    /// <summary>In which order the parts of a row are added: as the device is kept busiest, or so that a result does not depend on the
    /// batch.</summary>
    public Reduction Reduction { get; init; }

    /// <summary>How many ranges of common tokens, one behind the other, a sequence of a cascade may have; from 1 to 64. The default is 3.
    /// Other plans have none.</summary>
    public int CascadeLevels { get; init; } = 3;

    /// <summary>Forces the vector width of the Vector schedule, 4, 8 or 16 lanes, for tests; the device's own where
    /// <see langword="null"/>.</summary>
    internal int? Lanes { get; init; }

    /// <summary>The dimension of values beside keys of a dimension.</summary>
    /// <param name="keyDimension">Elements of a head of keys.</param>
    /// <param name="name">What the caller calls the options.</param>
    /// <exception cref="ArgumentException">That of the options is out of range.</exception>
    internal int ValueDimensionBeside(int keyDimension, string name)
    {
        if (ValueDimension is < 1 or > AttentionProblem.MaximumHeadDimension)
        {
            throw new ArgumentException(
                $"The value dimension is {ValueDimension}; it must be from 1 to {AttentionProblem.MaximumHeadDimension}.", name);
        }

        return ValueDimension ?? keyDimension;
    }

    /// <summary>Checks that the options are in range and fit each other.</summary>
    /// <param name="name">What the caller calls the options.</param>
    /// <exception cref="ArgumentException">They are not, or do not.</exception>
    internal void Check(string name)
    {
        bool isInvariant = Reduction == Reduction.BatchInvariant;
        Require(Scale is null || float.IsFinite(Scale.Value), $"The scale is {Scale}; it must be finite.");
        Require(Splits is null or >= 1, $"The number of splits is {Splits}; it must be at least 1.");
        Require(Schedule is null || Enum.IsDefined(Schedule.Value), $"The schedule is {Schedule}; it must be Vector, Simt or TensorCore.");
        Require(Algorithm is null || Enum.IsDefined(Algorithm.Value), $"The algorithm is {Algorithm}; it must be Naive, Tiled or SplitKv.");
        Require(Enum.IsDefined(Reduction), $"The reduction is {Reduction}; it must be Fastest or BatchInvariant.");
        Require(Splits is null || !isInvariant, $"{Splits} splits were asked for; the batch-invariant reduction fixes their length.");
        Require(Splits is null or 1 || Algorithm is null or AttentionAlgorithm.SplitKv,
            $"{Splits} splits were asked for; only the algorithm SplitKv splits the keys.");
        Require(CascadeLevels is >= 1 and <= MaximumCascadeLevels,
            $"There are {CascadeLevels} levels of a cascade; there must be from 1 to {MaximumCascadeLevels}.");

        void Require(bool holds, string message)
        {
            if (!holds)
                throw new ArgumentException(message, name);
        }
    }
}
