namespace AttentionKernels;

/// <summary>Leaves scores as they are.</summary>
public readonly struct NoModifier : IScoreModifier<NoModifier>
{
    /// <inheritdoc/>
    public static bool IsIdentity => true;

    /// <inheritdoc/>
    public static float Apply(in NoModifier self, float score, in Position at) => score;
}
