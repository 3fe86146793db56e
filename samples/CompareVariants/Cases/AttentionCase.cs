using AttentionKernels.Oracle;
using AttentionKernels.Samples.CompareVariants.Inputs;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Attention, prefill or decode, contiguous or over pages.</summary>
internal sealed class AttentionCase : ComparisonCase
{
    private const int DefaultPageSize = 16;

    private readonly AttentionShape shape;
    private readonly bool causal;
    private readonly Dictionary<string, Action<VariantRun>> variants = [];
    private readonly Lazy<AttentionInputs> inputs;
    private readonly Lazy<Reference> reference;

    /// <summary>Makes a case.</summary>
    /// <param name="inputs">Where its inputs come from.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="causal">Whether queries attend only to keys up to their own position.</param>
    /// <param name="naiveParts">Naive computes the heads of one of this many equal parts; it would take too long for all.</param>
    /// <param name="pageSizes">The page sizes to compare.</param>
    public AttentionCase(IInputs inputs, AttentionShape shape, bool causal, int naiveParts = 1, params ReadOnlySpan<int> pageSizes)
    {
        this.shape = shape;
        this.causal = causal;
        this.inputs = new(() => shape.Inputs(
            inputs.Take(Content.Query, shape.Query.ElementCount),
            inputs.Take(Content.Key, shape.Key.ElementCount),
            inputs.Take(Content.Value, shape.Key.ElementCount)));
        reference = new(() => causal ? Refer(this.inputs.Value, new CausalMask()) : Refer(this.inputs.Value, new NoMask()));

        string naive = naiveParts == 1 ? "naive" : $"naive, {shape.Heads / naiveParts} of {shape.Heads} heads";
        variants.Add(naive, run => PrepareNaive(run, naiveParts));
        variants.Add("tiled", run => PrepareContiguous(run, AttentionAlgorithm.Tiled));
        if (IsDecode)
            variants.Add("split-KV", run => PrepareContiguous(run, AttentionAlgorithm.SplitKv));
        foreach (int pageSize in pageSizes.IsEmpty ? [DefaultPageSize] : pageSizes)
            variants.Add(pageSize == DefaultPageSize ? "paged" : $"paged, pages of {pageSize}", run => PreparePaged(run, pageSize));
    }

    /// <inheritdoc/>
    public override string Operation => $"attention {(IsDecode ? "decode" : causal ? "causal" : "full")} {shape.Kind}";

    /// <inheritdoc/>
    public override string Shape => shape.ToString();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [.. variants.Keys];

    /// <inheritdoc/>
    public override Throughput Throughput => IsDecode ? Throughput.Bandwidth : Throughput.Arithmetic;

    /// <inheritdoc/>
    public override double? FloatingPointOperations => 4.0 * shape.AllowedPairs(causal) * shape.HeadDimension;

    /// <inheritdoc/>
    public override double Bytes => 2.0 * sizeof(float) * (shape.Query.ElementCount + shape.Key.ElementCount);

    private bool IsDecode => shape.Queries == 1;

    /// <inheritdoc/>
    public override void Prepare(string variant, VariantRun run) => variants[variant](run);

    private void PrepareContiguous(VariantRun run, AttentionAlgorithm variant)
    {
        (TensorView<float> query, TensorView<float> key, TensorView<float> value) = Upload(run);
        Tensor<float> output = run.Output(shape.Query);
        AttentionPlan<float> plan = run.Own(Plan(run.Device, query.Shape, key.Shape, variant));
        run.Schedule = plan.Schedule;
        run.ExtraBytes = plan.WorkspaceBytes;
        run.Queue = () => plan.Run(query, key, value, output);
        run.Expect(output, reference.Value);
    }

    // Heads cost the same, so a part of them tells what all take. A few queries are enough to have the kernel compiled.
    private void PrepareNaive(VariantRun run, int parts)
    {
        const int WarmUpQueries = 16;
        int heads = shape.Heads / parts;
        int headGroup = shape.Heads / shape.KeyValueHeads;
        (TensorView<float> query, TensorView<float> key, TensorView<float> value) = Upload(run);
        query = query.Slice(2, 0, heads);
        key = key.Slice(2, 0, (heads + headGroup - 1) / headGroup);
        value = value.Slice(2, 0, (heads + headGroup - 1) / headGroup);
        Tensor<float> output = run.Output(query.Shape);
        AttentionPlan<float> plan = run.Own(Plan(run.Device, query.Shape, key.Shape, AttentionAlgorithm.Naive));
        long warmUp = Math.Min(WarmUpQueries, shape.Queries);
        run.Parts = parts;
        run.Schedule = plan.Schedule;
        run.ExtraBytes = plan.WorkspaceBytes;
        run.Queue = () => plan.Run(query, key, value, output);
        run.QueueWarmUp = () => plan.Run(query.Slice(1, 0, warmUp), key, value, output.Slice(1, 0, warmUp));
        run.Expect(output, reference.Value with { Expected = FirstHeads(reference.Value.Expected, heads) });
    }

    // The pages of all sequences lie in shuffled order, as those of a server do after a while.
    private void PreparePaged(VariantRun run, int pageSize)
    {
        int pagesPerSequence = (shape.Keys + pageSize - 1) / pageSize;
        PagedKeyValueCache cache = run.Own(new PagedKeyValueCache(run.Device, new CacheOptions
        {
            Pages = shape.Batch * pagesPerSequence,
            PageSize = pageSize,
            KeyValueHeads = shape.KeyValueHeads,
            HeadDimension = shape.HeadDimension,
        }));
        BlockTable table = run.Own(new BlockTable(cache, shape.Batch, pagesPerSequence));
        int[] pages = [.. Enumerable.Range(0, cache.Options.Pages)];
        new Random(1).Shuffle(pages);
        for (int sequence = 0; sequence < shape.Batch; sequence++)
            table.Set(sequence, pages.AsSpan(sequence * pagesPerSequence, pagesPerSequence), shape.Keys);
        FillCache(run, cache, table);

        TensorShape queryTokens = [shape.Batch * shape.Queries, shape.Heads, shape.HeadDimension];
        Tensor<float> query = run.Upload(inputs.Value.Query, queryTokens);
        Tensor<float> output = run.Output(queryTokens);
        int[] queryLengths = [.. Enumerable.Repeat(shape.Queries, shape.Batch)];
        PagedAttentionPlan<float> plan = run.Own(causal
            ? run.Device.PlanPagedAttention(table, shape.Heads, shape.Queries, new CausalMask())
            : run.Device.PlanPagedAttention(table, shape.Heads, shape.Queries, new NoMask()));
        run.Schedule = plan.Schedule;
        run.ExtraBytes = plan.WorkspaceBytes;
        run.Queue = () => plan.Run(query, queryLengths, output);
        run.Expect(output, reference.Value);
    }

    private void FillCache(VariantRun run, PagedKeyValueCache cache, BlockTable table)
    {
        TensorShape tokens = [shape.Batch * shape.Keys, shape.KeyValueHeads, shape.HeadDimension];
        long[] slots = [.. Enumerable.Range(0, shape.Batch * shape.Keys).Select(token => table.Slot(token / shape.Keys, token % shape.Keys))];
        using Tensor<float> key = run.Device.Upload(inputs.Value.Key, tokens);
        using Tensor<float> value = run.Device.Upload(inputs.Value.Value, tokens);
        using Tensor<long> deviceSlots = run.Device.Upload(slots, [slots.Length]);
        cache.Append(key, value, deviceSlots);
        run.Device.Synchronize();
    }

    private (TensorView<float> Query, TensorView<float> Key, TensorView<float> Value) Upload(VariantRun run) => (
        run.Upload(inputs.Value.Query, shape.Query),
        run.Upload(inputs.Value.Key, shape.Key),
        run.Upload(inputs.Value.Value, shape.Key));

    private AttentionPlan<float> Plan(AttentionDevice device, TensorShape query, TensorShape key, AttentionAlgorithm variant)
    {
        var options = new AttentionOptions { Algorithm = variant };
        return causal
            ? device.PlanAttention(query, key, new CausalMask(), options)
            : device.PlanAttention(query, key, new NoMask(), options);
    }

    private static Reference Refer<TMask>(AttentionInputs inputs, TMask mask)
        where TMask : struct, IMask<TMask> => Reference.Of(
        AttentionOracle.Compute(inputs, mask, new NoModifier()).Output,
        AttentionOracle.Sequential(inputs, mask, new NoModifier()),
        inputs.Value);

    private double[] FirstHeads(double[] elements, int heads) => heads == shape.Heads
        ? elements
        : [.. elements.Chunk(shape.Heads * shape.HeadDimension).SelectMany(token => token.Take(heads * shape.HeadDimension))];
}
