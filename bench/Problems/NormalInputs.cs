namespace AttentionKernels.Problems;

/// <summary>Normally distributed elements from a fixed seed.</summary>
internal sealed class NormalInputs : IInputs
{
    /// <inheritdoc/>
    public string Description => "seeded normal data";

    /// <inheritdoc/>
    public float[] Take(Content content, long count) => SeededNumbers.Normal((int)content + 1, count);
}
