namespace AttentionKernels.Attention.Variants;

/// <summary>
/// Leaves scores as they are, and has them computed one by one, scaled and then masked. The kernels' short way masks products and scales
/// them with the softmax, so that the scale has to be positive: a negative one turns a mask of −∞ round, and 0 makes a NaN of it.
/// </summary>
internal readonly struct EachScore : IScoreFormula<EachScore>
{
    /// <inheritdoc/>
    public static int TermCount => 0;

    /// <inheritdoc/>
    public static RowTerms Row(in EachScore self, in Position row) => default;

    /// <inheritdoc/>
    static T IScoreFormula<EachScore>.Apply<T>(T score, T key, in RowTerms<T> row) => score;

    /// <summary>Whether it has to stand in for a modifier that changes nothing.</summary>
    public static bool IsNeeded(bool isIdentity, float? scale) => isIdentity && scale <= 0f;
}
