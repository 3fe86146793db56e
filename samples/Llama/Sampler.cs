using System.Numerics.Tensors;

namespace AttentionKernels.Samples.Llama;

/// <summary>Chooses a token by its logits.</summary>
/// <param name="temperature">0 for the likeliest token; above 0, what the logits are divided by before tokens are drawn.</param>
/// <param name="seed">What the draws start from.</param>
internal sealed class Sampler(float temperature, int seed)
{
    private readonly Random random = new(seed);

    /// <summary>The token to follow the model's sequence.</summary>
    public int Choose(ILanguageModel model) => temperature == 0 ? model.LikeliestToken() : Draw(model.Logits());

    /// <summary>Draws a token with the probability that softmax gives it.</summary>
    private int Draw(ReadOnlySpan<float> logits)
    {
        int likeliest = TensorPrimitives.IndexOfMax(logits);
        double[] cumulative = new double[logits.Length];
        double sum = 0;
        for (int token = 0; token < logits.Length; token++)
        {
            // Relative to the largest logit, no power overflows.
            sum += Math.Exp(((double)logits[token] - logits[likeliest]) / temperature);
            cumulative[token] = sum;
        }
        double drawn = random.NextDouble() * sum;
        int chosen = Array.FindIndex(cumulative, bound => drawn < bound);
        // Rounding can put the draw on the sum itself, behind every token.
        return chosen < 0 ? likeliest : chosen;
    }
}
