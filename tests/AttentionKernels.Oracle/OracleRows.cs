namespace AttentionKernels.Oracle;

/// <summary>Rows of an attention problem's output, and what is particular about them.</summary>
/// <param name="Places">Sequence, query head and query token of each.</param>
internal sealed record OracleRows(IReadOnlyList<(int Batch, int Head, int Query)> Places)
{
    /// <summary>How the sequential loop rounds its weights, if at all.</summary>
    public Func<float, float>? RoundWeight { get; init; }

    /// <summary>A head's sink, where the score modifier has one.</summary>
    public Func<int, float>? Sink { get; init; }
}
