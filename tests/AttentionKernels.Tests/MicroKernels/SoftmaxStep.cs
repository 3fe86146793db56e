using System.Globalization;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>
/// One step of an online softmax, as it was found in memory: m' = max(m, scale·scores), factor = e^(m − m'), weights = e^(scale·scores − m'),
/// sum' = factor·sum + Σ weights.
/// </summary>
internal readonly struct SoftmaxStep(float[] before, float[] after, float scale, int maximum, int sum, int factor)
{
    // Of the exponential, and of the libraries' exp, which OpenCL allows as many.
    private const double UnitsOfExponential = 3 * 1.2e-7;
    private const double UnitRoundoff = 1.0 / (1 << 24);
    private const double SmallestNormal = 1.17549435e-38;

    /// <summary>Verifies the step over the scores at these offsets.</summary>
    public void Verify(int[] scores)
    {
        float oldMaximum = before[maximum];
        float newMaximum = oldMaximum;
        foreach (int score in scores)
        {
            // A NaN is larger than nothing.
            if (scale * before[score] > newMaximum)
                newMaximum = scale * before[score];
        }

        Verify(after[maximum] == newMaximum, maximum, newMaximum, "maximum");
        Verify(Agrees(after[factor], oldMaximum, newMaximum), factor, Math.Exp((double)oldMaximum - newMaximum), "factor");
        var total = default(ExactSum);
        total.Add((double)before[sum] * after[factor]);
        foreach (int score in scores)
        {
            float scaled = scale * before[score];
            Verify(Agrees(after[score], scaled, newMaximum), score, Math.Exp(scaled - (double)newMaximum), "weight");
            if (scaled == newMaximum && float.IsFinite(scaled))
                Verify(after[score] == 1f, score, 1, "weight of the largest score");
            total.Add(after[score]);
        }

        total.Verify(after[sum], scores.Length + 1, $"Sum of {scores.Length} weights");
    }

    // e^(value − maximum), where the difference is rounded once; 0 for what is masked, also where everything is; 0 instead of what is too small to be normal.
    private static bool Agrees(float result, float value, float maximum)
    {
        if (float.IsNaN(value))
            return float.IsNaN(result);
        if (float.IsNegativeInfinity(value))
            return result == 0f;
        double difference = (double)value - maximum;
        double exact = Math.Exp(difference);
        return Math.Abs(result - exact) <= (exact * ((Math.Abs(difference) * UnitRoundoff) + UnitsOfExponential)) + SmallestNormal;
    }

    private void Verify(bool holds, int offset, double exact, string what)
    {
        if (!holds)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"The {what} at {offset} was {before[offset]:G9} and is {after[offset]:G9}; it must be {exact:G12}."));
    }
}
