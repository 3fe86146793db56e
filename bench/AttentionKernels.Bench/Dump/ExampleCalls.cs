namespace AttentionKernels.Bench;

/// <summary>Small calls of the library's operations, on tensors of some type.</summary>
internal interface IExampleCalls
{
    /// <summary>Causal attention: of many queries, or, where keys are split, of one.</summary>
    void Attention(AttentionAlgorithm algorithm, KernelSchedule? schedule);

    /// <summary>Attention in fp64.</summary>
    void ReferenceAttention();

    /// <summary>Attention of queries, keys and values of 8 bits.</summary>
    void QuantizedAttention();

    /// <summary>Tokens appended to pages, and attention through a block table that only the device has.</summary>
    void PagedAttention();

    /// <summary>Two attention states, merged.</summary>
    void MergeStates();

    /// <summary>Rotary embedding.</summary>
    void Rotary();

    /// <summary>Angles of tokens with several positions.</summary>
    void GatherAngles();

    /// <summary>RMS norm.</summary>
    void RmsNorm(KernelSchedule schedule);

    /// <summary>RMS norm that stores 8 bits.</summary>
    void QuantizedNorm(KernelSchedule schedule);

    /// <summary>The gradients of layer norm.</summary>
    void LayerNormBackward(KernelSchedule? schedule);

    /// <summary>Softmax over rows.</summary>
    void Softmax(KernelSchedule schedule);

    /// <summary>Group norm.</summary>
    void GroupNorm(KernelSchedule schedule);

    /// <summary>Its gradients.</summary>
    void GroupNormBackward(KernelSchedule schedule);

    /// <summary>Batch norm by the batch.</summary>
    void BatchNormTraining(KernelSchedule schedule);

    /// <summary>Batch norm by running statistics.</summary>
    void BatchNormInference();

    /// <summary>The gradients of batch norm by the batch.</summary>
    void BatchNormBackward(KernelSchedule schedule);

    /// <summary>A linear layer.</summary>
    void Linear(int tokens, KernelSchedule schedule);

    /// <summary>An activation.</summary>
    void Activate();

    /// <summary>The gradient of a table of embeddings.</summary>
    void EmbeddingGradient();
}

/// <inheritdoc/>
/// <typeparam name="T">The type of tensors.</typeparam>
/// <param name="row">Has the device, and takes over the operands. What these hold does not matter: kernels are looked at.</param>
/// <param name="format">How tensors are stored.</param>
internal sealed class ExampleCalls<T>(PreparedRow row, NumberFormat<T> format) : IExampleCalls
    where T : unmanaged
{
    private const int Tokens = 64, Heads = 4, KeyValueHeads = 2, HeadDimension = 64, Hidden = 256, Channels = 4, Groups = 2;

    private static readonly TensorShape _rows = [Tokens, Hidden], _planes = [2, Channels, Tokens];

    private static readonly TensorShape _heads = [1, Tokens, Heads, HeadDimension], _keys = [1, Tokens, KeyValueHeads, HeadDimension];

    private AttentionDevice Device => row.Device;

    /// <inheritdoc/>
    public void Attention(AttentionAlgorithm algorithm, KernelSchedule? schedule)
    {
        bool splits = algorithm == AttentionAlgorithm.SplitKv;
        TensorShape query = splits ? [1, 1, Heads, HeadDimension] : _heads;
        TensorShape key = splits ? [1, 8 * Tokens, KeyValueHeads, HeadDimension] : _keys;
        AttentionPlan<T> plan = row.Own(Device.PlanAttention(query, key, new CausalMask(), format, new AttentionOptions
        {
            Algorithm = algorithm,
            Schedule = schedule,
            Splits = splits ? 2 : null,
        }));
        Tensor<T> keys = Numbers(key);
        plan.Run(Numbers(query), keys, keys, Numbers(query));
    }

    /// <inheritdoc/>
    public void ReferenceAttention()
    {
        Tensor<double> keys = Own<double>(_keys);
        Device.PlanReferenceAttention(new CausalMask()).Run(Own<double>(_heads), keys, keys, Own<double>(_heads));
    }

    /// <inheritdoc/>
    public void QuantizedAttention()
    {
        QuantizedAttentionPlan<T> plan = row.Own(Device.PlanQuantizedAttention(
            _heads, _keys, new CausalMask(), format, new QuantizedFormats(NumberFormat.Int8, NumberFormat.Int8, NumberFormat.Int8),
            new AttentionOptions { Schedule = row.PreferredSchedule }));
        var keys = new QuantizedTensor(Own<sbyte>(_keys).View);
        plan.Run(new QuantizedTensor(Own<sbyte>(_heads).View), keys, keys, Numbers(_heads));
    }

    /// <inheritdoc/>
    public void PagedAttention()
    {
        const int PageSize = 16, Pages = Tokens / PageSize;
        PagedKeyValueCache cache = row.Own(new PagedKeyValueCache(Device, new CacheOptions
        {
            Pages = Pages,
            PageSize = PageSize,
            KeyValueHeads = KeyValueHeads,
            HeadDimension = HeadDimension,
            KeyFormat = format,
            ValueFormat = format,
        }));
        Tensor<T> tokens = Numbers([Tokens, KeyValueHeads, HeadDimension]);
        cache.Append(tokens, tokens, row.Upload([.. Enumerable.Range(0, Tokens).Select(slot => (long)slot)], [Tokens]), format);
        BlockTable table = row.Own(new BlockTable(
            cache, row.Upload([.. Enumerable.Range(0, Pages)], [1, Pages]), row.Upload([Tokens], [1])));
        TensorShape query = [1, Heads, HeadDimension];
        PagedAttentionPlan<T> plan = row.Own(
            Device.PlanPagedAttention(table, Heads, maximumQueries: 1, new CausalMask(), new NoModifier(), format));
        plan.Run(Numbers(query), [1], Numbers(query));
    }

    /// <inheritdoc/>
    public void MergeStates() => Device.MergeStates(State(), State(), State());

    /// <inheritdoc/>
    public void Rotary()
    {
        RotaryTable table = row.Own(new RotaryTable(Device, Tokens, HeadDimension));
        Device.RotaryEmbedding(Numbers(_heads), table, Numbers(_heads), RotaryStyle.HalfSplit, format);
    }

    /// <inheritdoc/>
    public void GatherAngles()
    {
        const int Sections = 2;
        int[] sections = RotarySections.Consecutive(HeadDimension / 4, HeadDimension / 4);
        Device.GatherRotary(
            row.Own(new RotaryTable(Device, Tokens, HeadDimension)), row.Upload(new int[Sections * Tokens], [Sections, 1, Tokens]),
            row.Upload(sections, [sections.Length]), row.Own(RotaryTable.OfTokens(Device, Tokens, HeadDimension)));
    }

    /// <inheritdoc/>
    public void RmsNorm(KernelSchedule schedule) =>
        Device.RmsNorm(Numbers(_rows), Own<float>([Hidden]), Numbers(_rows), format, Scheduled(schedule));

    /// <inheritdoc/>
    public void QuantizedNorm(KernelSchedule schedule) => Device.RmsNorm(
        Numbers(_rows), Own<float>([Hidden]), new QuantizedRows(Own<sbyte>(_rows), Own<float>([Tokens])), format, Scheduled(schedule));

    /// <inheritdoc/>
    public void LayerNormBackward(KernelSchedule? schedule)
    {
        NormBackwardPlan<T> plan = row.Own(Device.PlanLayerNormBackward(Tokens, Hidden, format, Scheduled(schedule)));
        plan.Run(
            Numbers(_rows), Own<float>([Hidden]).View, Numbers(_rows), Numbers(_rows), new(Own<float>([Hidden]), Own<float>([Hidden])));
    }

    /// <inheritdoc/>
    public void Softmax(KernelSchedule schedule) => Device.Softmax(Numbers(_rows), Numbers(_rows), format, schedule);

    /// <inheritdoc/>
    public void GroupNorm(KernelSchedule schedule) => Device.GroupNorm(
        Numbers(_planes), Groups, Own<float>([Channels]).View, Own<float>([Channels]).View, Numbers(_planes), format, Scheduled(schedule));

    /// <inheritdoc/>
    public void GroupNormBackward(KernelSchedule schedule)
    {
        NormBackwardPlan<T> plan = row.Own(Device.PlanGroupNormBackward(2, Channels, Groups, format, Scheduled(schedule)));
        plan.Run(Numbers(_planes), Own<float>([Channels]).View, Numbers(_planes), Numbers(_planes), new(Own<float>([Channels])));
    }

    /// <inheritdoc/>
    public void BatchNormTraining(KernelSchedule schedule) =>
        Device.BatchNormTraining(Numbers(_planes), Statistics(), Numbers(_planes), format, schedule: schedule);

    /// <inheritdoc/>
    public void BatchNormInference() => Device.BatchNormInference(Numbers(_planes), Statistics(), Numbers(_planes), format);

    /// <inheritdoc/>
    public void BatchNormBackward(KernelSchedule schedule) => Device.BatchNormTrainingBackward(
        Numbers(_planes), Own<float>([Channels]).View, Numbers(_planes), Numbers(_planes), new(Own<float>([Channels])), format,
        Scheduled(schedule));

    /// <inheritdoc/>
    public void Linear(int tokens, KernelSchedule schedule) => Device.Linear(
        Numbers([tokens, Hidden]), Numbers([Hidden, Hidden]), bias: null, Numbers([tokens, Hidden]), format, schedule);

    /// <inheritdoc/>
    public void Activate() => Device.Activate(Numbers(_rows), Activation.Silu, Numbers(_rows), format);

    /// <inheritdoc/>
    public void EmbeddingGradient() =>
        Device.EmbeddingGradient(row.Upload(new int[Tokens], [Tokens]), Numbers(_rows), Numbers([Channels, Hidden]), format);

    private static NormOptions Scheduled(KernelSchedule? schedule) => new() { Schedule = schedule };

    private AttentionState State() => new(Own<float>(_heads), Own<float>([1, Heads, Tokens]));

    private BatchNormChannels Statistics() => new(Own<float>([Channels]), Own<float>([Channels]));

    private Tensor<T> Numbers(TensorShape shape) => Own<T>(shape);

    private Tensor<TNumber> Own<TNumber>(TensorShape shape)
        where TNumber : unmanaged => row.Own(Device.Allocate<TNumber>(shape));
}
