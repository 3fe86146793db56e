using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>
/// Activations whose true statistics are known: x_c = μ_c + σ_c · z_c with
/// z = √((ν − 2) / χ²_ν) · (√ρ · f + √(1 − ρ) · n_c), of mean 0 and variance 1.
/// Features have means and deviations of their own; those of a token share a factor f, and a scale, which makes tails heavy (Student's t).
/// Activations of Transformers are like that, and statistics of few of them are noisier than those of normal ones.
/// </summary>
internal sealed class Population
{
    // ν and ρ; with ν > 4 the variance of a batch's variance is finite.
    private const int Freedom = 8;
    private const double Shared = 0.2;

    // Deviations of features are log-normal about 1.
    private const float SpreadOfDeviations = 0.5f;

    private readonly int seed;
    private readonly double[] deviations;

    /// <summary>A population of tokens of so many features.</summary>
    public Population(int seed, int features)
    {
        this.seed = seed;
        Means = [.. RandomData.Normal(SeedOf(-1), features).Select(value => (double)value)];
        deviations = [.. RandomData.Normal(SeedOf(-2), features, SpreadOfDeviations).Select(value => Math.Exp(value))];
        Variances = [.. deviations.Select(deviation => deviation * deviation)];
    }

    /// <summary>Features of a token.</summary>
    public int Features => Means.Count;

    /// <summary>μ.</summary>
    public IReadOnlyList<double> Means { get; }

    /// <summary>σ.</summary>
    public IReadOnlyList<double> Deviations => deviations;

    /// <summary>σ².</summary>
    public IReadOnlyList<double> Variances { get; }

    /// <summary>Draws tokens [count, features]; a draw's number, not negative, gives the same tokens each time.</summary>
    public float[] Draw(int draw, int count)
    {
        int numbers = Features + 1 + Freedom;
        float[] normal = RandomData.Normal(SeedOf(draw), (long)count * numbers);
        var tokens = new float[count * Features];
        for (int token = 0; token < count; token++)
        {
            ReadOnlySpan<float> drawn = normal.AsSpan(token * numbers, numbers);
            double squares = 0;
            foreach (float value in drawn[^Freedom..])
                squares += (double)value * value;
            double scale = Math.Sqrt((Freedom - 2) / squares);
            double shared = Math.Sqrt(Shared) * drawn[Features];
            for (int feature = 0; feature < Features; feature++)
            {
                double z = scale * (shared + (Math.Sqrt(1 - Shared) * drawn[feature]));
                tokens[(token * Features) + feature] = (float)(Means[feature] + (deviations[feature] * z));
            }
        }

        return tokens;
    }

    /// <summary>What batch norm would give of tokens [count, features] if it knew the true statistics, in fp64.</summary>
    public double[] Normalize(float[] tokens) => NormalizationOracle.Batch(
        tokens, Weights, new float[Features], Means, Variances, Normalizer.Epsilon);

    private float[] Weights => [.. Enumerable.Repeat(1f, Features)];

    // Draws of one seed are apart from each other, and from those of the next seeds.
    private int SeedOf(int draw) => unchecked((seed * 1_000_003) + draw);
}
