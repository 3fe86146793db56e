using AttentionKernels.Oracle;
using AttentionKernels.Peers.Operations;
using AttentionKernels.Problems;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Peers;

/// <summary>What is compared.</summary>
internal static class Suite
{
    /// <summary>What a first look needs.</summary>
    /// <param name="inputs">Where numbers come from.</param>
    /// <param name="model">A checkpoint to run; random weights where it is left out.</param>
    public static IEnumerable<IOperation> Quick(IInputs inputs, FileInfo? model) =>
    [
        new AttentionOperation(inputs, new(1, 8, 8, 1024, 1024, 64)),
        new AttentionOperation(inputs, new(1, 8, 8, 1024, 1024, 64) { Mask = new(MaskKind.Full) }),
        new AttentionOperation(inputs, new(1, 8, 2, 1024, 1024, 64)),
        .. Decode(inputs, batch: 1),
        .. Rows(inputs, 1024),
        new SentenceOperation("8 × 128 tokens", SentenceData.Batch(8, 128)),
        .. Models(model, "15M", promptTokens: 128),
    ];

    /// <summary>Everything.</summary>
    /// <inheritdoc cref="Quick"/>
    public static IEnumerable<IOperation> Full(IInputs inputs, FileInfo? model) =>
    [
        .. Prefill(inputs, 1024, 64),
        .. Prefill(inputs, 1024, 128),
        .. Prefill(inputs, 4096, 64),
        .. Prefill(inputs, 4096, 128),
        .. Decode(inputs, batch: 1),
        .. Decode(inputs, batch: 8),
        .. Rows(inputs, 4096),
        new SentenceOperation("32 × 128 tokens", SentenceData.Batch(32, 128)),
        new SentenceOperation("1 × 128 tokens", SentenceData.Batch(1, 128)),
        new SentenceOperation("1 × 16 tokens", SentenceData.Batch(1, 16)),
        new SentenceOperation("40 of 6 to 256 tokens", [.. SentenceData.All.Where((_, index) => index % 5 == 4)]),
        .. Models(model, "110M", promptTokens: 512),
    ];

    private static IEnumerable<IOperation> Models(FileInfo? file, string random, int promptTokens)
    {
        const int Seed = 1, WrittenTokens = 32;
        string name = file?.Name ?? $"{random} random weights";
        var checkpoint = new Lazy<Checkpoint>(() => file is null ? Checkpoint.Random(ModelShape.Known[random], Seed) : Checkpoint.Load(file));
        return [new ModelOperation(name, checkpoint, promptTokens, 0), new ModelOperation(name, checkpoint, 1, WrittenTokens)];
    }

    private static IEnumerable<IOperation> Prefill(IInputs inputs, int tokens, int headDimension) =>
    [
        new AttentionOperation(inputs, new(1, 8, 8, tokens, tokens, headDimension)),
        new AttentionOperation(inputs, new(1, 8, 8, tokens, tokens, headDimension) { Mask = new(MaskKind.Full) }),
        new AttentionOperation(inputs, new(1, 8, 2, tokens, tokens, headDimension)),
        new AttentionOperation(inputs, new(1, 8, 2, tokens, tokens, headDimension) { Mask = new(MaskKind.Full) }),
    ];

    private static IEnumerable<IOperation> Decode(IInputs inputs, int batch) =>
    [
        new AttentionOperation(inputs, new(batch, 32, 8, 1, 4096, 128)),
        new AttentionOperation(inputs, new(batch, 32, 32, 1, 4096, 128)),
    ];

    private static IEnumerable<IOperation> Rows(IInputs inputs, int rows) =>
    [
        new RowNormOperation(inputs, rows, 4096, centered: false),
        new RowNormOperation(inputs, rows, 4096, centered: true),
        new RotaryOperation(inputs, rows, 32, 128, RotaryStyle.HalfSplit),
        new RotaryOperation(inputs, rows, 32, 128, RotaryStyle.Interleaved),
    ];
}
