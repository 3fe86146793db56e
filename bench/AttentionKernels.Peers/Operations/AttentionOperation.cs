using AttentionKernels.Problems;

namespace AttentionKernels.Peers.Operations;

/// <summary>Attention: of as many queries as keys, or of one query a sequence.</summary>
internal sealed class AttentionOperation(IInputs inputs, AttentionShape sizes) : IOperation
{
    private readonly Lazy<float[]> _query = new(() => inputs.Take(Content.Query, sizes.Query.ElementCount));
    private readonly Lazy<float[]> _key = new(() => inputs.Take(Content.Key, sizes.Key.ElementCount));
    private readonly Lazy<float[]> _value = new(() => inputs.Take(Content.Value, sizes.Key.ElementCount));

    /// <inheritdoc/>
    public string Name => (IsDecode, IsGrouped) switch
    {
        (true, var grouped) => grouped ? "decode-gqa" : "decode-mha",
        (_, true) => "prefill-gqa",
        _ => IsCausal ? "prefill-causal" : "prefill-full",
    };

    /// <inheritdoc/>
    public string Shape => sizes.ToString();

    /// <inheritdoc/>
    public double? FloatingPointOperations => IsDecode ? null : sizes.FloatingPointOperations;

    /// <inheritdoc/>
    public long BytesRead => sizeof(float) * (sizes.Query.ElementCount + 2 * sizes.Key.ElementCount);

    /// <summary>The sizes.</summary>
    public AttentionShape Sizes => sizes;

    /// <summary>
    /// Whether a query attends to the keys up to its own alone. The one query of a decode step is the last: it attends to all.
    /// </summary>
    public bool IsCausal => sizes.Mask.Kind == MaskKind.Causal;

    /// <summary>Whether there is one query a sequence.</summary>
    public bool IsDecode => sizes.IsDecode;

    /// <summary>Whether heads share kv heads.</summary>
    public bool IsGrouped => sizes.Heads != sizes.KeyValueHeads;

    /// <summary>[batch, queries, heads, headDim].</summary>
    public float[] Query => _query.Value;

    /// <summary>[batch, keys, kv heads, headDim].</summary>
    public float[] Key => _key.Value;

    /// <summary>Like the key.</summary>
    public float[] Value => _value.Value;

    /// <inheritdoc/>
    public PreparedRun Prepare(AttentionDevice device)
    {
        var run = new DeviceRun(device);
        AttentionPlan<float> plan = run.Share(IsCausal
            ? device.PlanAttention(sizes.Query, sizes.Key, new CausalMask())
            : device.PlanAttention(sizes.Query, sizes.Key, new NoMask()));
        for (int copy = 0; copy < ((IOperation)this).Copies; copy++)
        {
            Tensor<float> query = run.Upload(Query, sizes.Query), key = run.Upload(Key, sizes.Key), value = run.Upload(Value, sizes.Key);
            run.Add(sizes.Query, output => plan.Run(query, key, value, output));
        }

        return run;
    }
}
