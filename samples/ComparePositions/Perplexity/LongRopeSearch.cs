using System.Numerics.Tensors;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>Finds the factors of LongRoPE, θᵢ / factorᵢ, as its authors do: by a model's loss on a long text.</summary>
/// <remarks>
/// Ding et al., "LongRoPE: Extending LLM Context Window Beyond 2 Million Tokens", 2024. Factors do not fall from a pair to the next, slower
/// one, as in the paper; but where that has an evolutionary search over all such lists, this tries a few: 1 up to one pair, the whole
/// factor from another one on, and factor^(i/n) between. NTK-aware scaling is one of them, but for the attention factor.
/// </remarks>
internal static class LongRopeSearch
{
    // At how many pairs a ramp may begin or end.
    private const int Marks = 4;

    /// <summary>The best factors.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dimension">The head dimension, all of which is rotated.</param>
    /// <param name="trained">How many positions the model was trained on.</param>
    /// <param name="factor">How many times as many there are to be.</param>
    /// <param name="text">The text, of which as many tokens are read.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static double[] Run(TokenLosses model, int dimension, int trained, double factor, int[] text)
    {
        int length = Math.Min(text.Length, Math.Min(model.Positions, (int)Math.Round(trained * factor)) + 1);
        RotaryFrequencies own = new(dimension);
        return Candidates(dimension / 2, factor).MinBy(factors =>
            TensorPrimitives.Average<double>(model.Compute(text.AsSpan(0, length), own.LongRope(factors, trained, factor))))!;
    }

    /// <summary>The lists of factors that are tried, each one a pair.</summary>
    public static IEnumerable<double[]> Candidates(int pairs, double factor)
    {
        int[] marks = [.. Enumerable.Range(0, Marks).Select(mark => mark * (pairs - 1) / (Marks - 1)).Distinct()];
        return
            from first in marks
            from last in marks
            where last > first
            let exponents = Enumerable.Range(0, pairs).Select(pair => Math.Clamp((double)(pair - first) / (last - first), 0, 1))
            select exponents.Select(exponent => Math.Pow(factor, exponent)).ToArray();
    }
}
