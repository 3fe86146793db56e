using System.Globalization;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>The seeded problem of a combination, all but its mask and modifier; written as one line.</summary>
/// <param name="Seed">What everything is drawn from, its data too.</param>
/// <param name="IsExact">Whether data are small integers whose result is exact; normally distributed otherwise.</param>
/// <param name="QueryLengths">The queries of each sequence.</param>
/// <param name="KeyLengths">The keys of each sequence.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="HeadDimension">Elements of a head.</param>
internal sealed record Combination(
    int Seed, bool IsExact, int[] QueryLengths, int[] KeyLengths, int Heads, int KeyValueHeads, int HeadDimension)
{
    private const int MostKeys = 150;
    private const int MostSequences = 3;
    private const int MostHeads = 8;
    private const int WidestHead = 72;

    // Each is another kernel: less than a block, and a whole one.
    private static readonly int[] _ofTensorCores = [24, 64];

    /// <summary>How tensors lie in memory, where keys and values are in them; packed sequences are dense or padded.</summary>
    public MemoryLayout Layout { get; init; }

    /// <summary>Tokens of a page, where keys and values lie in pages; 0 where they are in tensors.</summary>
    public int PageSize { get; init; }

    /// <summary>Pages that the sequences have in common, where attention is a cascade.</summary>
    public int CommonPages { get; init; }

    /// <summary>The kernel.</summary>
    public AttentionOptions Options { get; init; } = new();

    /// <summary>The most queries of a sequence: rows of a variant's table.</summary>
    public int MaximumQueries => QueryLengths.Max();

    /// <summary>The most keys of a sequence: columns of a variant's table.</summary>
    public int MaximumKeys => KeyLengths.Max();

    /// <summary>Sequences.</summary>
    public int Batch => QueryLengths.Length;

    /// <summary>Draws a problem.</summary>
    /// <param name="seed">Equal seeds give equal problems.</param>
    /// <param name="isExact">Whether its result is to be exact.</param>
    /// <param name="limits">What is drawn between.</param>
    public static Combination Draw(int seed, bool isExact, CombinationLimits limits)
    {
        var random = new Random(seed);
        int sharing = 1 << random.Next(4);
        int keyValueHeads = 1 + random.Next(MostHeads / sharing);
        int batch = 1 + random.Next(MostSequences);
        bool isPaged = limits.Layout is CombinationLayout.Paged or CombinationLayout.Cascade;
        int lengthsDrawn = limits.Layout == CombinationLayout.Contiguous ? 1 : batch;
        int mostPairs = limits.MostScores / (sharing * keyValueHeads);
        (int Queries, int Keys)[] lengths =
            [.. Enumerable.Range(0, lengthsDrawn).Select(_ => Lengths(random, isPaged ? 0 : MostKeys, mostPairs))];
        int pageSize = isPaged ? 1 + random.Next(32) : 0;
        return new Combination(
            seed, isExact,
            [.. Enumerable.Range(0, batch).Select(sequence => lengths[sequence % lengths.Length].Queries)],
            [.. Enumerable.Range(0, batch).Select(sequence => lengths[sequence % lengths.Length].Keys)],
            sharing * keyValueHeads, keyValueHeads, Dimension(random, limits))
        {
            Layout = isPaged || limits.IsForTensorCores ? MemoryLayout.Dense : (MemoryLayout)random.Next(3),
            PageSize = pageSize,
            CommonPages = limits.Layout == CombinationLayout.Cascade
                ? random.Next((lengths.Min(length => length.Keys) / pageSize) + 1)
                : 0,
            Options = Kernel(random, limits),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}, {(IsExact ? "exact" : "normal")}, queries {string.Join('+', QueryLengths)}, keys {string.Join('+', KeyLengths)}, " +
        $"heads {Heads}/{KeyValueHeads} of {HeadDimension}, " +
        $"{(PageSize == 0 ? $"{Layout}" : $"pages of {PageSize}, {CommonPages} in common")}, " +
        $"{Options.Algorithm} {Options.Schedule}, splits {Options.Splits}, {Options.Reduction}");

    // Decode, prefill without a past, and anything: fewer queries than keys, or more, which no cached sequence has.
    private static (int Queries, int Keys) Lengths(Random random, int more, int mostPairs)
    {
        int keys = Length(random);
        int queries = random.Next(5) switch { 0 => 1, 1 => keys, _ => Length(random) };
        return (Math.Min(queries, Math.Min(keys + more, Math.Max(1, mostPairs / keys))), keys);
    }

    // Short ones as often as long ones.
    private static int Length(Random random) => (int)Math.Pow(MostKeys + 1, random.NextDouble());

    private static int Dimension(Random random, CombinationLimits limits)
    {
        if (limits.IsForTensorCores)
            return _ofTensorCores[random.Next(_ofTensorCores.Length)];
        int smallest = HardAttentionData.Digits(limits.LargestKey, MostKeys);
        return random.Next(2) == 0
            ? Math.Max(smallest, 8 * (1 + random.Next(WidestHead / 8)))
            : smallest + random.Next(WidestHead + 1 - smallest);
    }

    private static AttentionOptions Kernel(Random random, CombinationLimits limits)
    {
        AttentionAlgorithm algorithm = limits.Algorithms[random.Next(limits.Algorithms.Count)];
        bool isInvariant = limits.Layout != CombinationLayout.Cascade && random.Next(5) == 0;
        bool mayForceSplits = algorithm == AttentionAlgorithm.SplitKv && !isInvariant && limits.Layout != CombinationLayout.Cascade;
        return new AttentionOptions
        {
            Algorithm = algorithm,
            Schedule = limits.Schedule,
            Reduction = isInvariant ? Reduction.BatchInvariant : Reduction.Fastest,
            Splits = mayForceSplits && random.Next(3) > 0 ? 1 + random.Next(3) : null,
            CascadeLevels = 1 + random.Next(3),
        };
    }
}
