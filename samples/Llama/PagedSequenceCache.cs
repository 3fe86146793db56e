namespace AttentionKernels.Samples.Llama;

/// <summary>Keys and values in pages, which a block table finds; each layer has its pool.</summary>
/// <remarks>
/// One sequence has nobody to share a pool with. So that it still meets what a server's sequences meet, it takes its pages in a
/// shuffled order, as from a pool that others have come to and gone from.
/// </remarks>
internal sealed class PagedSequenceCache : SequenceCache
{
    private const int PageSize = 16;

    private readonly AttentionDevice device;
    private readonly ModelShape shape;
    private readonly int[] pages;
    private readonly Resources resources = new();
    private readonly Layer[] layers;
    private readonly Step decode;
    private Step? prefill;

    /// <summary>Allocates the pages, and plans the attention of a single new token.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public PagedSequenceCache(AttentionDevice device, ModelShape shape)
    {
        this.device = device;
        this.shape = shape;
        pages = [.. Enumerable.Range(0, PagesOf(shape.MaximumPositions))];
        new Random(0).Shuffle(pages);
        try
        {
            layers = [.. Enumerable.Range(0, shape.Layers).Select(_ => AllocateLayer())];
            decode = resources.Add(new Step(device, shape, layers, tokens: 1));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    private Step Current => prefill ?? decode;

    /// <inheritdoc/>
    public override (TensorView<float> Key, TensorView<float> Value) NewRows(int layer) => (Current.Key, Current.Value);

    /// <inheritdoc/>
    public override void Attend(int layer, TensorView<float> query, TensorView<float> output)
    {
        // The tokens of all sequences of a paged cache stand one after the other, without a dimension for the sequence.
        layers[layer].Pool.Append(Flat(Current.Key), Flat(Current.Value), Current.Slots);
        Current.Plans[layer].Run(Flat(query), Current.QueryLengths, Flat(output));

        static TensorView<float> Flat(TensorView<float> rows) => rows.Reshape([rows.Shape[1], rows.Shape[2], rows.Shape[3]]);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        prefill?.Dispose();
        resources.Dispose();
    }

    /// <inheritdoc/>
    protected override void Prepare(int tokens)
    {
        prefill?.Dispose();
        prefill = tokens == 1 ? null : new Step(device, shape, layers, tokens);
        // The layers agree on the pages, so a token has the same slot in each.
        foreach (Layer layer in layers)
            layer.Table.Set(0, pages.AsSpan(0, PagesOf(Length)), Length);
        Current.Place(layers[0].Table, Length - tokens);
    }

    private static int PagesOf(int tokens) => (tokens + PageSize - 1) / PageSize;

    private Layer AllocateLayer()
    {
        PagedKeyValueCache pool = resources.Add(new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = pages.Length,
            PageSize = PageSize,
            KeyValueHeads = shape.KeyValueHeads,
            HeadDimension = shape.HeadDimension,
        }));
        return new Layer(pool, resources.Add(new BlockTable(pool, sequences: 1, pages.Length)));
    }

    private sealed record Layer(PagedKeyValueCache Pool, BlockTable Table);

    /// <summary>What steps of one number of tokens need: rows on their way to the pages, their slots, and a plan per layer.</summary>
    private sealed class Step : IDisposable
    {
        private readonly Resources resources = new();
        private readonly long[] slots;

        public Step(AttentionDevice device, ModelShape shape, Layer[] layers, int tokens)
        {
            slots = new long[tokens];
            QueryLengths = [tokens];
            try
            {
                Key = resources.Add(device.Allocate<float>([1, tokens, shape.KeyValueHeads, shape.HeadDimension]));
                Value = resources.Add(device.Allocate<float>([1, tokens, shape.KeyValueHeads, shape.HeadDimension]));
                Slots = resources.Add(device.Allocate<long>([tokens]));
                Plans = [.. layers.Select(layer =>
                    resources.Add(device.PlanPagedAttention(layer.Table, shape.Heads, maximumQueries: tokens, new CausalMask())))];
            }
            catch
            {
                resources.Dispose();
                throw;
            }
        }

        public Tensor<float> Key { get; }

        public Tensor<float> Value { get; }

        public Tensor<long> Slots { get; }

        public PagedAttentionPlan<float>[] Plans { get; }

        public int[] QueryLengths { get; }

        /// <summary>Finds the slots of the new tokens, the first of which is <paramref name="first"/>.</summary>
        public void Place(BlockTable table, int first)
        {
            for (int token = 0; token < slots.Length; token++)
                slots[token] = table.Slot(0, first + token);
            Slots.CopyFrom(slots);
        }

        public void Dispose() => resources.Dispose();
    }
}
