using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.State;

/// <summary>
/// The scalar part of the online softmax: over the scores s seen so far, the maximum m and the sum Σ e^(s − m). The output row beside it
/// is Σ e^(s − m)·v.
/// </summary>
/// <remarks>
/// Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018. A score of −∞ is masked and contributes nothing,
/// not even a NaN of its value. A NaN score never becomes the maximum, but it enters the sum, and so the output.
/// </remarks>
internal readonly struct SoftmaxState
{
    public SoftmaxState(float maximum, float sum)
    {
        Maximum = maximum;
        Sum = sum;
    }

    /// <summary>No score seen yet.</summary>
    public static SoftmaxState Empty => new(float.NegativeInfinity, 0f);

    public float Maximum { get; }

    public float Sum { get; }

    /// <summary>The state whose scores have a log-sum-exp, as of a single score: −∞ is no score at all.</summary>
    public static SoftmaxState Of(float logSumExp) => logSumExp == float.NegativeInfinity ? Empty : new SoftmaxState(logSumExp, 1f);

    /// <summary>The state of the scores of both.</summary>
    public SoftmaxState Merge(SoftmaxState other)
    {
        float maximum = Larger(Maximum, other.Maximum);
        return new SoftmaxState(maximum, (Sum * Rescale(maximum)) + (other.Sum * other.Rescale(maximum)));
    }

    /// <summary>The larger of two maxima; a NaN counts as −∞ here.</summary>
    public static float Larger(float left, float right) => right > left ? right : left;

    /// <summary>e^(score − maximum), and 0 for a masked score.</summary>
    public static float Weight(float score, float maximum) =>
        score == float.NegativeInfinity ? 0f : Exponential.Exp(score - maximum);

    /// <summary>What this state's sum and output row are multiplied by when the maximum grows to <paramref name="maximum"/>.</summary>
    public float Rescale(float maximum) => Maximum == maximum ? 1f : Weight(Maximum, maximum);

    /// <summary>The logarithm of Σ e^s; −∞ where every score was masked.</summary>
    public float LogSumExp() => Sum == 0f ? float.NegativeInfinity : Maximum + Logarithm.Log(Sum);

    /// <summary>What the output row is multiplied by in the end; 0 where every score was masked.</summary>
    public float Normalizer() => Sum == 0f ? 0f : 1f / Sum;
}
