namespace AttentionKernels.Samples.Llama;

/// <summary>Chooses a token by its logits.</summary>
/// <param name="temperature">0 for the likeliest token; above 0, what the logits are divided by before tokens are drawn.</param>
/// <param name="seed">What the draws start from.</param>
internal sealed class Sampler(float temperature, int seed)
{
    private readonly Random random = new(seed);

    /// <summary>The token chosen; of equally likely ones at temperature 0, the first.</summary>
    public int Choose(ReadOnlySpan<float> logits)
    {
        int likeliest = 0;
        for (int token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[likeliest])
                likeliest = token;
        }
        return temperature == 0 ? likeliest : Draw(logits, likeliest);
    }

    /// <summary>Draws a token with the probability that softmax gives it.</summary>
    private int Draw(ReadOnlySpan<float> logits, int likeliest)
    {
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
