namespace AttentionKernels.MicroKernels;

/// <summary>m = max x and Σ e^(x − m) over the numbers of a row: what its softmax is made of.</summary>
/// <remarks>A NaN is no maximum, but it is in the sum. Of a row that has no number but −∞ the sum is 0.</remarks>
internal struct ExponentialSum
{
    /// <summary>m; −∞ where there is no number.</summary>
    public float Maximum;

    /// <summary>Σ e^(x − m).</summary>
    public float Sum;

    /// <summary>What is subtracted of each number: m, or 0 where that is −∞, since −∞ − −∞ would be NaN.</summary>
    public readonly float Subtrahend => SubtrahendOf(Maximum);

    /// <summary>What the exponentials are multiplied by: 1 / Σ, or 0 where the sum is.</summary>
    public readonly float Normalizer => Sum == 0f ? 0f : 1f / Sum;

    /// <summary>The subtrahend of a maximum.</summary>
    public static float SubtrahendOf(float maximum) => maximum == float.NegativeInfinity ? 0f : maximum;
}
