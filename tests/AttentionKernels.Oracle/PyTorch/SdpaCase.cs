namespace AttentionKernels.Oracle.PyTorch;

/// <summary>Attention that PyTorch's <c>scaled_dot_product_attention</c> has computed. Inputs are made anew from seeds, evenly distributed
/// as those of <see cref="NormCase"/>.</summary>
/// <param name="Queries">Query tokens of a sequence.</param>
/// <param name="Keys">Key tokens of a sequence.</param>
internal sealed record SdpaCase(int Queries, int Keys)
{
    /// <summary>Sequences.</summary>
    public const int Batch = 2;

    /// <summary>Query heads.</summary>
    public const int Heads = 4;

    /// <summary>Elements of a head; the default scale is 1/4.</summary>
    public const int HeadDimension = 16;

    /// <summary>The largest that an element of a value may be.</summary>
    public const float LargestValue = 1f;

    // Of a float mask, an element of so many is −∞.
    private const int Masked = 4;

    /// <summary>Kv heads; each serves as many query heads.</summary>
    public int KeyValueHeads { get; init; } = Heads;

    /// <summary>PyTorch's <c>is_causal</c>: query i attends to the keys j ≤ i.</summary>
    public bool Causal { get; init; }

    /// <summary>The <c>scale</c>; 1/√headDim where it is <see langword="null"/>.</summary>
    public float? Scale { get; init; }

    /// <summary>The shape of a float mask: [queries, keys] for all, or [batch or 1, heads or 1, queries, keys];
    /// <see langword="null"/> for none.</summary>
    public TensorShape? MaskShape { get; init; }

    /// <summary>A query whose keys are all masked.</summary>
    public int? BlindQuery { get; init; }

    /// <summary>What names the case in the file and in a test.</summary>
    public string Name => FormattableString.Invariant($"Sdpa {Queries} queries, {Keys} keys, {KeyValueHeads} kv heads")
        + (Causal ? ", causal" : "")
        + (Scale is { } scale ? FormattableString.Invariant($", scale {scale}") : "")
        + (MaskShape is { } shape ? $", mask {shape}" : "")
        + (BlindQuery is { } blind ? FormattableString.Invariant($", query {blind} masked") : "");

    /// <summary>[batch, queries, heads, headDim].</summary>
    public TensorShape QueryShape => [Batch, Queries, Heads, HeadDimension];

    /// <summary>[batch, keys, kv heads, headDim].</summary>
    public TensorShape KeyShape => [Batch, Keys, KeyValueHeads, HeadDimension];

    /// <summary>Query, key and value.</summary>
    public AttentionInputs Inputs => new()
    {
        Query = RandomData.Uniform(1, QueryShape.ElementCount, -2f, 2f),
        Key = RandomData.Uniform(2, KeyShape.ElementCount, -2f, 2f),
        Value = RandomData.Uniform(3, KeyShape.ElementCount, -LargestValue, LargestValue),
        Batch = Batch,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        Queries = Queries,
        Keys = Keys,
        HeadDimension = HeadDimension,
        Scale = Scale,
    };

    /// <summary>The elements of the mask; none where there is no mask.</summary>
    public float[] Mask => [.. RandomData.Uniform(4, MaskShape?.ElementCount ?? 0, -2f, 2f)
        .Select((element, index) => IsMasked(index) ? float.NegativeInfinity : element)];

    /// <summary>The element of the mask for a pair of a query and a key.</summary>
    public int MaskIndex(Position at)
    {
        long[] shape = [.. MaskShape!.Value];
        long plane = shape is [var sequences, var heads, _, _] ? (at.Batch % sequences * heads) + (at.Head % heads) : 0;
        return (int)((((plane * Queries) + at.Query) * Keys) + at.Key);
    }

    private bool IsMasked(int index) => index % Masked == 1 || index / Keys % Queries == BlindQuery;
}
