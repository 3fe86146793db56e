namespace AttentionKernels.Oracle.PyTorch;

/// <summary>What PyTorch has computed, for the tests to compare with.</summary>
internal static class PyTorchCases
{
    private const int Rows = 2;

    private static readonly TensorShape[] _batches = [[7, 5], [3, 4, 6], [2, 3, 5, 7]];

    private static readonly int[] _hidden = [1, 7, 64, 200];

    /// <summary>The norms.</summary>
    public static IReadOnlyList<NormCase> Norms { get; } =
    [
        .. from shape in _batches
           from momentum in new float?[] { 0.1f, 0.3f, null }
           select new NormCase(NormFunction.BatchTraining, shape) { Momentum = momentum },
        new(NormFunction.BatchTraining, [3, 4, 6]) { Affine = false },
        new(NormFunction.BatchTraining, [3, 6, 4]) { ChannelLast = true },
        .. _batches.Select(shape => new NormCase(NormFunction.BatchInference, shape)),
        new(NormFunction.BatchInference, [3, 4, 6]) { Affine = false },
        new(NormFunction.BatchInference, [3, 6, 4]) { ChannelLast = true },
        .. from function in new[] { NormFunction.Layer, NormFunction.Rms }
           from hidden in _hidden
           from affine in new[] { true, false }
           select new NormCase(function, [Rows, hidden]) { Affine = affine },
        .. new[] { 1, 2, 4 }.Select(groups => new NormCase(NormFunction.Group, [2, 4, 3, 5]) { Groups = groups }),
        new(NormFunction.Group, [2, 4, 3, 5]) { Groups = 2, Affine = false },
    ];

    /// <summary>Attention.</summary>
    public static IReadOnlyList<SdpaCase> Attention { get; } =
    [
        new(3, 5),
        new(3, 5) { MaskShape = [3, 5] },
        new(3, 5) { MaskShape = [2, 1, 3, 5] },
        new(3, 5) { MaskShape = [1, 4, 3, 5] },
        new(3, 5) { MaskShape = [3, 5], BlindQuery = 1 },
        new(5, 5) { Causal = true },
        new(3, 5) { Causal = true },
        new(5, 3) { Causal = true },
        new(3, 5) { KeyValueHeads = 2 },
        new(3, 5) { KeyValueHeads = 1, Causal = true },
        new(3, 5) { KeyValueHeads = 2, MaskShape = [2, 4, 3, 5] },
        new(3, 5) { Scale = 0.5f },
    ];
}
