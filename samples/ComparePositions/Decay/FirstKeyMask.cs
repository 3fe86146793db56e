namespace AttentionKernels.Samples.ComparePositions.Decay;

/// <summary>Each query attends to the first key alone, from which the query of position d is d tokens away.</summary>
public readonly struct FirstKeyMask : IMask<FirstKeyMask>
{
    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in FirstKeyMask self, in Position at) => at.Key == 0;

    /// <inheritdoc/>
    public static KeyRange Range(in FirstKeyMask self, in QueryRange queries) => new(0, 1);
}
