using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// A mean that is large beside the deviation 1, up to a million: a matter of arithmetic, not of statistics. A variance as
/// mean(x²) − mean(x)² in fp32 subtracts numbers of 24 bits that agree in all but the last: from a mean of some thousands on nothing of the
/// variance is left. The library subtracts a pivot first and compensates its sums. What it cannot help are running means, which are fp32:
/// a mean of a million is right to 1/32 at best, and inference by it is off by that.
/// </summary>
internal static class LargeMean
{
    private const int Tokens = 64;

    private static readonly double[] _means = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population)
    {
        double?[][] errors = [.. _means.Select(mean => Errors(norms, population, mean))];
        return new Finding(
            "A mean that is large beside the deviation", new Axis("mean / deviation", _means, Logarithmic: true),
            Line.Of(errors, comparison: "layer by naive sums"))
        {
            Measure = new Measure("largest error beside fp64", Logarithmic: true),
            Explanation = """
                Naive sums, mean(x²) − mean(x)² in fp32, have no right digit left from means of some thousands on; the library's norms keep
                theirs. Running means are stored in fp32, whose last digit at a million is 1/16: there inference breaks.
                """,
        };
    }

    private static double?[] Errors(Normalizer norms, Population population, double mean)
    {
        int features = population.Features;
        float[] tokens = [.. population.Normalize(population.Draw(0, Tokens)).Select(value => (float)(value + mean))];
        TensorShape shape = [Tokens, features];
        float[] weight = [.. Enumerable.Repeat(1f, features)], bias = new float[features];
        (double[] means, double[] variances) = NormalizationOracle.BatchMoments(tokens, features);
        double[] unbiased = NormalizationOracle.Unbiased(variances, Tokens);
        double[] layer = NormalizationOracle.Layer(tokens, weight, bias, features, Normalizer.Epsilon);
        int groupSize = features / Normalizer.Groups;
        double[] group = NormalizationOracle.Layer(tokens, weight[..groupSize], bias[..groupSize], groupSize, Normalizer.Epsilon);

        using RunningStatistics running = norms.Untrained(features);
        return
        [
            Distance.Largest(norms.BatchTraining(tokens, shape, running, momentum: 1f), Batch(variances)),
            Distance.Largest(norms.BatchInference(tokens, shape, running), Batch(unbiased)),
            Distance.Largest(norms.Layer(tokens, features), layer),
            Distance.Largest(norms.Rms(tokens, features), NormalizationOracle.Rms(tokens, weight, features, Normalizer.Epsilon)),
            Distance.Largest(norms.Group(tokens, shape), group),
            Distance.Largest(NaiveLayer(tokens, features), layer),
        ];

        double[] Batch(double[] by) => NormalizationOracle.Batch(tokens, weight, bias, means, by, Normalizer.Epsilon);
    }

    // A variance below 0, which cancellation may leave, is taken for 0, as kernels that compute so do.
    private static float[] NaiveLayer(float[] rows, int features) => [.. rows.Chunk(features).SelectMany(row =>
    {
        float sum = 0, squares = 0;
        foreach (float value in row)
        {
            sum += value;
            squares += value * value;
        }

        float mean = sum / features, variance = MathF.Max(0, (squares / features) - (mean * mean));
        return row.Select(value => (value - mean) / MathF.Sqrt(variance + Normalizer.Epsilon));
    })];
}
