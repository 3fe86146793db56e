namespace AttentionKernels.Attention.Variants;

/// <summary>
/// Leaves scores as they are, and has them computed one by one, scaled and then masked. The kernels' short way masks products and scales
/// them with the softmax, so that the scale has to be positive: a negative one turns a mask of −∞ round, and 0 makes a NaN of it.
/// </summary>
internal readonly struct EachScore : IScoreModifier<EachScore>
{
    /// <inheritdoc/>
    public static bool IsIdentity => false;

    /// <inheritdoc/>
    public static float Apply(in EachScore self, float score, in Position at) => score;

    /// <summary>Whether it has to stand in for a modifier that changes nothing.</summary>
    public static bool IsNeeded<TModifier>(float? scale)
        where TModifier : struct, IScoreModifier<TModifier> => TModifier.IsIdentity && scale <= 0f;
}
