using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention;

/// <summary>Chooses algorithm, schedule and splits from the sizes and the device.</summary>
internal sealed partial class AttentionPlanner(AttentionDevice device, AttentionProblem problem, AttentionOptions options)
{
    /// <summary>Up to this many rows (queries × query heads per kv head) a sequence's queries are few, and its keys are worth
    /// splitting.</summary>
    private const int FewRows = TileSizes.FewRows;

    /// <summary>Up to this many rows the Vector schedule's kernel for few rows is the faster one at any number of keys
    /// (docs/performance-cpu.md).</summary>
    private const int FewRowsOfAnyLength = 8;

    /// <summary>Up to this many queries of a sequence are few however many heads share a kv head: a tile of theirs would be all but
    /// empty.</summary>
    private const int FewQueries = 4;

    /// <summary>Fewer keys than this are not worth a second kernel.</summary>
    private const int MinimumSplitLength = 256;

    /// <summary>Keys of a split where its length may not depend on the batch: enough for a worker to stream, few enough for many
    /// workers.</summary>
    private const int InvariantSplitLength = 512;

    // A split is a multiple of the key tile of the Vector and Simt kernels, and of most by tensor cores.
    private const int KeyTile = TileSizes.VectorKeys;

    /// <summary>Elements of a cache line: workers do not share one, and 64-bit numbers in scratch memory are aligned.</summary>
    private const int ScratchAlignment = 16;

    /// <summary>Up to so many tiles of rows, tensor cores decode.</summary>
    private const int MostDecodedTiles = 4;

    private readonly List<string> _reasons = [];

    private int Group => problem.Heads / problem.KeyValueHeads;

    // Of the longest sequence that there may be, for each kv head.
    private long Rows => (long)problem.MaximumQueries * Group;

    // The rows of a sequence with few queries.
    private int FewRowsOfSequence => Math.Max(FewRows, (int)Math.Min(int.MaxValue, (long)FewQueries * Group));

    /// <summary>Decides.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    public static PlanDecision Choose(AttentionDevice device, AttentionProblem problem, AttentionOptions options) =>
        Of(device, problem, options).Choose();

    /// <summary>Decides for a cascade: its items are what split-KV attention takes its splits for.</summary>
    /// <inheritdoc cref="Choose(AttentionDevice, AttentionProblem, AttentionOptions)"/>
    public static (PlanDecision Decision, CascadeSizes Sizes) ChooseCascade(
        AttentionDevice device, AttentionProblem problem, AttentionOptions options) =>
        Of(device, problem, options).ChooseCascade();

    private static AttentionPlanner Of(AttentionDevice device, AttentionProblem problem, AttentionOptions options)
    {
        options.Check(nameof(options));
        return new AttentionPlanner(device, problem, options);
    }

    /// <summary>Elements of scratch memory of a worker for tiles that need so many.</summary>
    public static int ScratchLength(int needed) => RoundUp(needed, ScratchAlignment);

    /// <summary>Checks that a launch can have so many work groups.</summary>
    /// <exception cref="NotSupportedException">It cannot.</exception>
    public static void CheckGroups(long groups)
    {
        if (groups > int.MaxValue)
            throw new NotSupportedException($"The problem has {groups:N0} tiles; a launch has at most {int.MaxValue:N0} work groups.");
    }

    private PlanDecision Choose()
    {
        if (problem.StoredQuery is { } stored)
            _reasons.Add($"queries: of {stored}, widened first to the output's format, which has them exactly; scales multiply scores");
        AttentionAlgorithm algorithm = ChooseAlgorithm();
        int splitQueries = SplitQueries(algorithm);
        KernelSchedule schedule = algorithm == AttentionAlgorithm.Naive ? NaiveSchedule() : ChooseSchedule(algorithm, splitQueries);
        bool decodes = algorithm == AttentionAlgorithm.SplitKv && DecodesByTensorCores(schedule, splitQueries);
        (int splits, int splitLength) = (algorithm, options.Reduction) switch
        {
            (not AttentionAlgorithm.SplitKv, _) => (1, Math.Max(1, problem.MaximumKeys)),
            (_, Reduction.BatchInvariant) => InvariantSplits(),
            _ => FastestSplits(new Tiling(schedule, decodes), splitQueries),
        };
        long workspace = WorkspaceLength(algorithm, decodes || schedule == KernelSchedule.Simt, splits, splitQueries);
        return new PlanDecision(algorithm, schedule, Lanes, splits, splitLength, splitQueries, workspace, _reasons)
        {
            ItemQueries = problem.MaximumQueries,
            DecodesByTensorCores = decodes,
        };
    }

    private (PlanDecision Decision, CascadeSizes Sizes) ChooseCascade()
    {
        if (options.Algorithm is { } algorithm and not AttentionAlgorithm.SplitKv)
        {
            throw new ArgumentException(
                $"The algorithm is {algorithm}; a cascade merges partial states, which only SplitKv writes.", nameof(options));
        }

        if (options.Reduction == Reduction.BatchInvariant)
        {
            throw new ArgumentException(
                "The batch-invariant reduction was asked for; what a sequence of a cascade has in common with others depends on the batch.",
                nameof(options));
        }

        int levels = options.CascadeLevels;
        _reasons.Add($"algorithm SplitKv: taken, the items of a cascade write partial states; up to {levels} of a sequence are shared");
        int fewQueries = QueriesOf(FewRowsOfSequence);
        KernelSchedule schedule = ChooseSchedule(AttentionAlgorithm.SplitKv, fewQueries, ofCascade: true);
        var tiling = new Tiling(schedule, Decodes: false);

        // As many as fill a tile of many rows, but no fewer than a sequence may have.
        int itemQueries = Math.Max(fewQueries, TileSizes.VectorRows / Group);

        // One prefix of all sequences is the least that there is to do side by side.
        int sharedQueries = (int)Math.Clamp((long)problem.Batch * fewQueries, 1, AttentionProblem.MaximumCount);
        int splits = SplitCount(tiling, batch: 1, sharedQueries);
        int states = levels + (splits > 1 ? splits : 0) + 1;
        long workspace = WorkspaceLength(AttentionAlgorithm.SplitKv, schedule == KernelSchedule.Simt, states, fewQueries);
        if (schedule != KernelSchedule.Vector)
            CheckGroups((long)problem.Batch * states * Tiles(tiling, 1, Math.Max(itemQueries, problem.MaximumQueries)));
        var decision = new PlanDecision(
            AttentionAlgorithm.SplitKv, schedule, Lanes, splits, Math.Max(1, problem.MaximumKeys), fewQueries, workspace, _reasons)
        {
            States = states,
            ItemQueries = Math.Max(sharedQueries, problem.MaximumQueries),
        };
        return (decision, new CascadeSizes(
            levels, states, splits, WantedTiles(tiling), queries => Tiles(tiling, 1, queries),
            itemQueries, fewQueries, problem.MaximumQueries, AlwaysWritesStates: schedule == KernelSchedule.Simt));
    }

    // The most queries of a sequence that have at most so many rows a kv head.
    private int QueriesOf(int rows) => Math.Min(problem.MaximumQueries, rows / Group);

    private int Lanes => options.Lanes ?? device.Description.VectorLanes;

    private long WorkspaceLength(AttentionAlgorithm algorithm, bool alwaysHasStates, int splits, int splitQueries)
    {
        Int128 heads = (Int128)problem.Batch * problem.Heads;
        Int128 states = heads * splitQueries * splits;
        Int128 length = algorithm switch
        {
            AttentionAlgorithm.Naive => heads * problem.MaximumQueries * problem.MaximumKeys,
            AttentionAlgorithm.SplitKv when splits == 1 && !alwaysHasStates => 0,
            AttentionAlgorithm.SplitKv => states * StateWorkspace.Length(problem.ValueDimension),
            _ => 0,
        };
        return length <= Array.MaxLength * (long)Array.MaxLength / sizeof(float)
            ? (long)length
            : throw new DeviceMemoryException($"The workspace would have {length:N0} elements, more than any device holds.");
    }

    private AttentionAlgorithm ChooseAlgorithm()
    {
        (AttentionAlgorithm algorithm, string why) = (options.Algorithm, SplitKvReason()) switch
        {
            ({ } asked, _) => (asked, "the options ask for it"),
            (_, { } reason) => (AttentionAlgorithm.SplitKv, reason),
            _ => (AttentionAlgorithm.Tiled, "no buffer of scores for any length"),
        };
        if (algorithm == AttentionAlgorithm.SplitKv || options.Algorithm is not null)
            _reasons.Add($"algorithm {algorithm}: taken, {why}");
        else
        {
            _reasons.Add(
                $"algorithm SplitKv: not taken, {Rows} rows share a kv head and there are {problem.MaximumKeys} keys; it is for at most " +
                $"{FewRows} rows or {FewQueries} queries, sequences with query lengths of their own, or, by the Vector schedule, too few " +
                $"tiles for all workers, and at least {2 * MinimumSplitLength} keys, or for at most {FewRowsOfAnyLength} rows of the " +
                "Vector schedule");
        }

        if (options.Algorithm is null && algorithm == AttentionAlgorithm.Tiled)
            _reasons.Add("algorithm Tiled: taken, no buffer of scores for any length");
        else if (algorithm != AttentionAlgorithm.Tiled)
        {
            bool isFree = options.Algorithm is null && options.Splits is null;
            int splitQueries = SplitQueries(algorithm);
            _reasons.Add(algorithm == AttentionAlgorithm.SplitKv && splitQueries < problem.MaximumQueries
                ? $"algorithm Tiled: taken of sequences with more than {splitQueries} queries"
                : $"algorithm Tiled: not taken, {(isFree ? "few of its tile rows would be used" : "the options ask for another")}");
        }

        if (algorithm != AttentionAlgorithm.Naive)
        {
            Int128 bytes = (Int128)sizeof(float) * problem.Batch * problem.Heads * problem.MaximumQueries * problem.MaximumKeys;
            _reasons.Add($"algorithm Naive: not taken, it would need {bytes:N0} bytes of scores");
        }

        return algorithm;
    }

    // Why the keys are to be split, or null.
    private string? SplitKvReason()
    {
        if (options.Reduction == Reduction.BatchInvariant)
            return "each sequence alone decides how it is computed";
        if (options.Splits > 1)
            return "the options ask for splits";
        bool isVector = device.IsGpu ? options.Schedule == KernelSchedule.Vector : options.Schedule is null or KernelSchedule.Vector;

        // Unsplit, the Vector schedule writes outputs at once: no second kernel has to be worth it.
        bool hasEnoughKeys = problem.MaximumKeys >= 2 * MinimumSplitLength;
        if (isVector && Rows <= FewRowsOfAnyLength)
            return $"{Rows} rows share a kv head, few at any number of keys";
        if (hasEnoughKeys && (Rows <= FewRows || problem.MaximumQueries <= FewQueries))
            return $"{Rows} rows share a kv head and there are {problem.MaximumKeys} keys to split";
        if (!hasEnoughKeys)
            return null;
        if (problem.IsRagged)
            return "sequences have query lengths of their own, and some may have few";
        if (!isVector)
            return null;

        // Its kernel takes sequences with many rows as tiled attention does.
        long tiles = (long)problem.Batch * problem.KeyValueHeads * TileSizes.Tiles(Rows, TileSizes.VectorRows);
        return tiles < device.Workers ? $"{tiles} tiles of rows are too few for {device.Workers} workers" : null;
    }

    private static int CeilingDivide(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);

    private static int RoundUp(int value, int multiple) => (int)Math.Min(int.MaxValue, ((long)value + multiple - 1) / multiple * multiple);
}
