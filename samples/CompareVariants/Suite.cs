using AttentionKernels.Samples.CompareVariants.Inputs;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>What is compared.</summary>
internal static class Suite
{
    /// <summary>What a first look needs, in a minute on two cores.</summary>
    public static IEnumerable<ComparisonCase> Quick(IInputs inputs) =>
    [
        new AttentionCase(inputs, new(1, 8, 8, 1024, 1024, 64), causal: true),
        new AttentionCase(inputs, new(1, 8, 8, 1024, 1024, 64), causal: false, naiveParts: 4),
        new AttentionCase(inputs, new(1, 8, 2, 1024, 1024, 64), causal: true, naiveParts: 4),
        new AttentionCase(inputs, new(1, 8, 1, 1024, 1024, 64), causal: true, naiveParts: 4),
        new AttentionCase(inputs, new(1, 32, 8, 1, 4096, 128), causal: true),
        .. Others(inputs),
    ];

    /// <summary>Everything.</summary>
    public static IEnumerable<ComparisonCase> Full(IInputs inputs) =>
    [
        new AttentionCase(inputs, new(1, 8, 8, 1024, 1024, 64), causal: true, naiveParts: 1, 1, 16, 256),
        new AttentionCase(inputs, new(1, 8, 8, 1024, 1024, 64), causal: false),
        new AttentionCase(inputs, new(1, 8, 2, 1024, 1024, 64), causal: true),
        new AttentionCase(inputs, new(1, 8, 1, 1024, 1024, 64), causal: true),
        new AttentionCase(inputs, new(1, 32, 8, 1024, 1024, 128), causal: true, naiveParts: 8),
        new AttentionCase(inputs, new(4, 8, 2, 512, 512, 64), causal: true),
        new AttentionCase(inputs, new(1, 8, 8, 4096, 4096, 64), causal: true, naiveParts: 8),
        new AttentionCase(inputs, new(1, 8, 8, 4096, 4096, 64), causal: false, naiveParts: 8),
        new AttentionCase(inputs, new(1, 32, 8, 1, 4096, 128), causal: true, naiveParts: 1, 1, 16, 256),
        new AttentionCase(inputs, new(8, 32, 32, 1, 1024, 128), causal: true),
        new AttentionCase(inputs, new(8, 32, 8, 1, 4096, 128), causal: true),
        new AttentionCase(inputs, new(8, 32, 1, 1, 4096, 128), causal: true),
        .. Others(inputs),
    ];

    private static IEnumerable<ComparisonCase> Others(IInputs inputs) =>
    [
        new RotaryCase(inputs, 4096, 32, 128, RotaryStyle.HalfSplit),
        new RotaryCase(inputs, 4096, 32, 128, RotaryStyle.Interleaved),
        new RowNormCase(inputs, 4096, 4096, centered: false),
        new RowNormCase(inputs, 4096, 4096, centered: true),
        new BatchNormCase(inputs, 16, 256, 4096, training: true),
        new BatchNormCase(inputs, 16, 256, 4096, training: false),
    ];
}
