using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;

namespace AttentionKernels.Tests.Attention;

/// <summary>A batch of sequences of their own lengths with seeded data, with poison and guards all around, beside the oracle of each
/// sequence.</summary>
/// <param name="Queries">For each sequence its number of query tokens.</param>
/// <param name="Keys">For each its number of key tokens.</param>
/// <param name="HeadDimension">Elements of a query and of a key.</param>
/// <param name="ValueDimension">Elements of a value.</param>
internal sealed record RaggedRunner(int[] Queries, int[] Keys, int HeadDimension, int ValueDimension)
{
    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Heads of keys and values.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>For each sequence its rows, where they are not seeded ones.</summary>
    public (float[] Queries, float[] Keys, float[] Values)[]? Data { get; init; }

    /// <summary>Whether the plan is told offsets instead of lengths.</summary>
    public bool ByOffsets { get; init; }

    /// <summary>Elements behind every token that are in no tensor.</summary>
    public int Padding { get; init; }

    /// <summary>The sizes; a run may be of fewer tokens.</summary>
    public RaggedShape Shape => new()
    {
        Sequences = Queries.Length,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        HeadDimension = HeadDimension,
        MaximumQueries = Queries.Max(),
        MaximumKeys = Keys.Max(),
    };

    /// <summary>The inputs of a sequence, as the oracle takes them: heads of keys or of values have zeros behind them where the other's are
    /// longer.</summary>
    public AttentionInputs Sequence<T>(int sequence, StoredType<T> stored)
        where T : unmanaged => new()
        {
            Query = Padded(stored.Round(Rows(0, sequence, Queries[sequence] * Heads, HeadDimension)), HeadDimension),
            Key = Padded(stored.Round(Rows(1, sequence, Keys[sequence] * KeyValueHeads, HeadDimension)), HeadDimension),
            Value = Padded(stored.Round(Rows(2, sequence, Keys[sequence] * KeyValueHeads, ValueDimension)), ValueDimension),
            FirstSequence = sequence,
            Heads = Heads,
            KeyValueHeads = KeyValueHeads,
            Queries = Queries[sequence],
            Keys = Keys[sequence],
            HeadDimension = Longest,
            Scale = (float)(1 / Math.Sqrt(HeadDimension)),
        };

    /// <summary>Runs the batch.</summary>
    /// <returns>The outputs and the log-sum-exp [heads, queries] of each sequence.</returns>
    public (float[][] Outputs, float[][] LogSumExp) Run<T>(RaggedAttentionPlan<T> plan, StoredType<T> stored)
        where T : unmanaged
    {
        int tokens = Queries.Sum();
        TensorShape outputShape = [tokens, Heads, ValueDimension];
        using GuardedTensor<T> query = Upload(plan.Device, stored, 0, Queries, Heads, HeadDimension);
        using GuardedTensor<T> key = Upload(plan.Device, stored, 1, Keys, KeyValueHeads, HeadDimension);
        using GuardedTensor<T> value = Upload(plan.Device, stored, 2, Keys, KeyValueHeads, ValueDimension);
        using var output = GuardedTensor<T>.Poisoned(plan.Device, outputShape, Strides.Padded(outputShape, 0, Padding));
        using var logSumExp = GuardedTensor<float>.Poisoned(plan.Device, [Heads, tokens]);

        plan.Run(
            query, key, value, ByOffsets ? RaggedLengths.FromOffsets(Offsets(Queries), Offsets(Keys)) : new RaggedLengths(Queries, Keys), output,
            logSumExp.View);
        plan.Device.Synchronize();

        query.VerifyUnchanged();
        key.VerifyUnchanged();
        value.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        float[] outputs = stored.Load(output.ToArray());
        float[] states = logSumExp.ToArray();
        int[] starts = Offsets(Queries);
        int row = Heads * ValueDimension;
        return (
            [.. Queries.Select((length, sequence) => outputs.AsSpan(starts[sequence] * row, length * row).ToArray())],
            [.. Queries.Select((length, sequence) => Enumerable.Range(0, Heads)
                .SelectMany(head => states.AsSpan((head * tokens) + starts[sequence], length).ToArray()).ToArray())]);
    }

    /// <summary>Runs the batch and verifies each sequence against the oracle.</summary>
    public void Verify<T, TMask, TModifier>(
        AttentionDevice device, TMask mask, TModifier modifier, StoredType<T> stored, AttentionOptions options)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        using RaggedAttentionPlan<T> plan = device.PlanRaggedAttention(
            Shape, mask, modifier, stored.Type, options with { ValueDimension = ValueDimension });
        (float[][] outputs, float[][] logSumExp) = Run(plan, stored);
        for (int sequence = 0; sequence < Queries.Length; sequence++)
        {
            AttentionInputs inputs = Sequence(sequence, stored);
            (double[] output, double[] states) = AttentionOracle.Compute(inputs, mask, modifier);
            float[] sequential = stored.Round(AttentionOracle.Sequential(inputs, mask, modifier, stored.RoundingOf(plan.Schedule)));
            ErrorRule.Verify(outputs[sequence], Cut(output), Cut(sequential), inputs.Value);
            ErrorRule.VerifyLogSumExp(logSumExp[sequence], states);
        }
    }

    /// <summary>Where sequences begin, and the end of the last.</summary>
    public static int[] Offsets(int[] lengths) => [.. Enumerable.Range(0, lengths.Length + 1).Select(sequence => lengths[..sequence].Sum())];

    private int Longest => Math.Max(HeadDimension, ValueDimension);

    private GuardedTensor<T> Upload<T>(AttentionDevice device, StoredType<T> stored, int which, int[] lengths, int heads, int dimension)
        where T : unmanaged
    {
        TensorShape shape = [lengths.Sum(), heads, dimension];
        float[] rows = [.. lengths.SelectMany((length, sequence) => Rows(which, sequence, length * heads, dimension))];
        return GuardedTensor<T>.Of(device, stored.Store(rows), shape, Strides.Padded(shape, 0, Padding));
    }

    private float[] Rows(int which, int sequence, int rows, int dimension) => Data is { } data
        ? which switch { 0 => data[sequence].Queries, 1 => data[sequence].Keys, _ => data[sequence].Values }
        : RandomData.Normal(1 + which + (3 * sequence), (long)rows * dimension);

    private float[] Padded(float[] rows, int dimension) =>
        [.. rows.Chunk(dimension).SelectMany(row => row.Concat(new float[Longest - dimension]))];

    private T[] Cut<T>(T[] rows) => [.. rows.Chunk(Longest).SelectMany(row => row.Take(ValueDimension))];
}
