namespace AttentionKernels.Samples.Llama;

/// <summary>The part of a sequence in a step.</summary>
/// <param name="Row">The sequence's row of the block table; rows of a step ascend.</param>
/// <param name="Sequence">The sequence, with room for the new tokens.</param>
/// <param name="NewTokens">How many of its last tokens are new; at least 1.</param>
internal readonly record struct SequenceStep(int Row, CachedSequence Sequence, int NewTokens);

/// <summary>
/// Steps of sequences in a paged cache: any number of them, each with any number of new tokens, all in one call of every kernel. The new
/// tokens of the sequences stand one after the other.
/// </summary>
internal sealed class PagedBatch : ILayerCache, IDisposable
{
    private readonly AttentionDevice device;
    private readonly PagedKeyValueCache cache;
    private readonly RotaryTable rotary;
    private readonly Resources resources = new();
    private readonly BlockTable table;
    private readonly PagedAttentionPlan<float> plan;
    private readonly Tensor<float> keys;
    private readonly Tensor<float> values;
    private readonly Tensor<long> slots;
    private readonly Tensor<int> positions;
    private readonly long[] hostSlots;
    private readonly int[] hostPositions;
    private readonly int[] queryLengths;
    private int tokens;

    /// <summary>Allocates, and plans attention.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="cache">The cache of all layers.</param>
    /// <param name="rotary">The angles of positions.</param>
    /// <param name="rows">The most sequences of a step.</param>
    /// <param name="maximumTokens">The most new tokens of a step.</param>
    /// <param name="options">How attention is computed.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public PagedBatch(
        AttentionDevice device, ModelShape shape, PagedKeyValueCache cache, RotaryTable rotary, int rows, int maximumTokens, AttentionOptions? options = null)
    {
        this.device = device;
        this.cache = cache;
        this.rotary = rotary;
        hostSlots = new long[maximumTokens];
        hostPositions = new int[maximumTokens];
        queryLengths = new int[rows];
        try
        {
            int pages = (shape.MaximumPositions + cache.Options.PageSize - 1) / cache.Options.PageSize;
            table = resources.Add(new BlockTable(cache, rows, pages));
            plan = resources.Add(device.PlanPagedAttention(table, shape.Heads, maximumTokens, new CausalMask(), options));
            keys = resources.Add(device.Allocate<float>([1, maximumTokens, shape.KeyValueHeads, shape.HeadDimension]));
            values = resources.Add(device.Allocate<float>([1, maximumTokens, shape.KeyValueHeads, shape.HeadDimension]));
            slots = resources.Add(device.Allocate<long>([maximumTokens]));
            positions = resources.Add(device.Allocate<int>([maximumTokens]));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>Begins a step. The step before must have ended on the device.</summary>
    public void Begin(IReadOnlyList<SequenceStep> steps)
    {
        Array.Clear(queryLengths);
        tokens = 0;
        foreach ((int row, CachedSequence sequence, int newTokens) in steps)
        {
            table.Set(row, sequence);
            queryLengths[row] = newTokens;
            sequence.Slots(sequence.Length - newTokens, hostSlots.AsSpan(tokens, newTokens));
            for (int position = sequence.Length - newTokens; position < sequence.Length; position++)
                hostPositions[tokens++] = position;
        }
        slots.Slice(0, 0, tokens).CopyFrom(hostSlots.AsSpan(0, tokens));
        positions.Slice(0, 0, tokens).CopyFrom(hostPositions.AsSpan(0, tokens));
    }

    /// <inheritdoc/>
    public (TensorView<float> Key, TensorView<float> Value) NewRows(int layer) => (keys.Slice(1, 0, tokens), values.Slice(1, 0, tokens));

    /// <inheritdoc/>
    public void Attend(int layer, TensorView<float> query, TensorView<float> output)
    {
        (TensorView<float> key, TensorView<float> value) = NewRows(layer);
        TensorView<int> tokenPositions = positions.Slice(0, 0, tokens);
        device.RotaryEmbedding(query, rotary, query, RotaryStyle.Interleaved, tokenPositions.Reshape([1, tokens]));
        // Keys turn on their way into the pages.
        cache.Append(Flat(key), Flat(value), slots.Slice(0, 0, tokens), layer, new KeyRotation(rotary, RotaryStyle.Interleaved, tokenPositions));
        plan.Run(Flat(query), queryLengths, Flat(output), layer: layer);

        // The tokens of all sequences of a paged cache stand one after the other, without a dimension for the sequence.
        static TensorView<float> Flat(TensorView<float> rows) => rows.Reshape([rows.Shape[1], rows.Shape[2], rows.Shape[3]]);
    }

    /// <summary>Frees what belongs to steps; the cache stays.</summary>
    public void Dispose() => resources.Dispose();
}
