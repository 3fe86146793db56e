namespace AttentionKernels.Samples.CompareVariants;

/// <summary>What is compared: groups of variants, each of which becomes a table.</summary>
/// <param name="inputs">Where the numbers come from.</param>
/// <param name="types">How they are stored; each group's own choice where there is none.</param>
internal sealed class Suite(IInputs inputs, IReadOnlyList<DataType> types)
{
    /// <summary>What a first look needs, in a minute on two cores.</summary>
    public IEnumerable<BenchGroup> Quick() =>
    [
        Attention(new(1, 8, 8, 1024, 1024, 64), ["fp32"]),
        Attention(new(1, 32, 8, 1, 4096, 128), ["fp32", "int8"]),
        Attention(new(1, 8, 8, 1024, 1024, 64) { Mask = new(MaskKind.Full) }, ["fp32"]),
        Attention(new(1, 8, 2, 1024, 1024, 64), ["fp32"]),
        Attention(new(1, 8, 1, 1024, 1024, 64), ["fp32"]),
        .. Others(tokens: 1024),
    ];

    /// <summary>Everything. The first table has few rows, for someone is waiting.</summary>
    public IEnumerable<BenchGroup> Full() =>
    [
        Attention(new(1, 8, 8, 1024, 1024, 64), ["fp32"]),
        Attention(new(1, 32, 8, 1, 4096, 128), ["fp32", "fp16", "int8"]),
        Attention(new(1, 8, 8, 1024, 1024, 64) { Mask = new(MaskKind.Full) }, ["fp32"]),
        Attention(new(1, 8, 2, 1024, 1024, 64), ["fp32", "fp16"]),
        Attention(new(1, 8, 1, 1024, 1024, 64), ["fp32"]),
        Attention(new(1, 32, 8, 1024, 1024, 128), ["fp32"], 16, 1, 256),
        Attention(new(4, 8, 2, 512, 512, 64), ["fp32"]),
        Attention(new(1, 8, 8, 4096, 4096, 64), ["fp32"]),
        Attention(new(1, 8, 8, 4096, 4096, 64) { Mask = new(MaskKind.Full) }, ["fp32"]),
        Attention(new(8, 32, 32, 1, 1024, 128), ["fp32"]),
        Attention(new(8, 32, 8, 1, 4096, 128), ["fp32"], 16, 1, 256),
        Attention(new(8, 32, 1, 1, 4096, 128), ["fp32"]),
        .. Others(tokens: 4096),
    ];

    /// <summary>Every way to compute a shape of the user's.</summary>
    public BenchGroup Attention(AttentionShape shape) => Attention(shape, ["fp32", "fp16"]);

    private BenchGroup Attention(AttentionShape shape, string[] preset, params int[] pageSizes)
    {
        IReadOnlyList<DataType> stored = shape.Type is { } only ? [only] : Or(preset);
        BenchGroup group = AttentionGroups.OfShape(shape, stored, inputs: inputs, pageSizes: pageSizes);
        DataType type = stored.FirstOrDefault(type => type.IsOfTensors) ?? DataType.Float32;
        return group with { Cases = [NaivePart.Of(shape, type, inputs), .. group.Cases] };
    }

    // These have fp32 alone.
    private BenchGroup[] Others(int tokens) => Or("fp32").Contains(DataType.Float32)
        ? [RowGroups.Rotary(tokens, 32, 128, inputs), RowGroups.Norms(tokens, 4096, inputs), RowGroups.BatchNorm(16, 256, 4096, inputs)]
        : [];

    private IReadOnlyList<DataType> Or(params string[] names) => types.Count > 0 ? types : [.. names.Select(DataType.Find)];
}
