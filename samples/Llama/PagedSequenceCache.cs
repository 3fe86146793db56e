namespace AttentionKernels.Samples.Llama;

/// <summary>Keys and values of one sequence in the pages of a cache, which a block table finds.</summary>
internal sealed class PagedSequenceCache : SequenceCache
{
    private readonly AttentionDevice device;
    private readonly ModelShape shape;
    private readonly RotaryTable rotary;
    private readonly Resources resources = new();
    private readonly PagedKeyValueCache cache;
    private readonly PagedBatch decode;
    private CachedSequence sequence;
    private PagedBatch? prefill;

    /// <summary>Allocates the pages, and plans the attention of a single new token.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public PagedSequenceCache(AttentionDevice device, ModelShape shape, RotaryTable rotary, int pageSize)
    {
        this.device = device;
        this.shape = shape;
        this.rotary = rotary;
        try
        {
            cache = resources.Add(new PagedKeyValueCache(device, new CacheOptions
            {
                Pages = (shape.MaximumPositions + pageSize - 1) / pageSize,
                PageSize = pageSize,
                Layers = shape.Layers,
                KeyValueHeads = shape.KeyValueHeads,
                HeadDimension = shape.HeadDimension,
            }));
            decode = resources.Add(new PagedBatch(device, shape, cache, rotary, rows: 1, maximumTokens: 1));
            sequence = cache.Start();
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    private PagedBatch Current => prefill ?? decode;

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        sequence.Dispose();
        sequence = cache.Start();
    }

    /// <inheritdoc/>
    public override (TensorView<float> Key, TensorView<float> Value) NewRows(int layer) => Current.NewRows(layer);

    /// <inheritdoc/>
    public override void Attend(int layer, TensorView<float> query, TensorView<float> output) => Current.Attend(layer, query, output);

    /// <inheritdoc/>
    public override void Dispose()
    {
        prefill?.Dispose();
        sequence.Dispose();
        resources.Dispose();
    }

    /// <inheritdoc/>
    protected override void Prepare(int tokens)
    {
        prefill?.Dispose();
        prefill = tokens == 1 ? null : new PagedBatch(device, shape, cache, rotary, rows: 1, tokens);
        sequence.Extend(tokens);
        Current.Begin([new SequenceStep(0, sequence, tokens)]);
    }
}
