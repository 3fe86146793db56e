using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// Sequences that are longer or shorter than those of training. The input of a layer is x_p = activation + position p's embedding, sines
/// and cosines of wavelengths up to 10,000·2π: over 64 tokens the slow ones hardly move, over 1024 they do, and each feature has another
/// mean. Batch norm in inference subtracts the means of 64 tokens, and its output is off by what they have moved, in deviations of the
/// feature. In training it hides that, at the price of the experiments before. Layer, RMS and group norm move, too: what a feature is
/// besides its token's other features has changed, and their statistics are of all features.
/// </summary>
/// <remarks>Vaswani et al., 2017, for the embeddings.</remarks>
internal static class TestLength
{
    private const int Shortest = 16, Trained = 64, Longest = 1024, Tokens = 4096, Steps = 48, TokensOfStep = 512;

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population)
    {
        int features = population.Features;
        double[] lengths = [.. Enumerable.Range(0, 1 + (int)Math.Log2(Longest / Shortest)).Select(power => Shortest * Math.Pow(2, power))];
        float[] table = SinusoidalPositions.Table(Longest, features);
        using RunningStatistics running = norms.Untrained(features);
        for (int step = 1; step <= Steps; step++)
        {
            float[] batch = Positioned(population.Draw(step, TokensOfStep), table, features, Trained);
            norms.BatchTraining(batch, [TokensOfStep, features], running);
        }

        // The same tokens for each length: what changes is where they stand.
        float[] tokens = population.Draw(0, Tokens);
        double[][] atTrained = Means(Trained);
        double?[][] changes = [.. lengths.Select(length => Distance.RootMeanSquares(Means((int)length), atTrained))];
        return new Finding(
            "Length beside that of training", new Axis("tokens of a sequence in inference; trained with 64", lengths, Logarithmic: true),
            Line.Of(changes))
        {
            Measure = new Measure("change of the features' mean outputs"),
            Explanation = """
                Sinusoidal positions make means depend on the length. Running statistics keep the means of the length that they saw; layer,
                RMS and group norm have nothing to keep, and yet move, since they centre a token and not a feature. Batch norm in training
                has mean 0 at any length, by statistics of whatever batch a sequence is in.
                """,
        };

        // Of each norm the mean output of each feature.
        double[][] Means(int length) =>
        [
            .. norms.All(Positioned(tokens, table, features, length), features, running)
                .Select(output => NormalizationOracle.BatchMoments(output, features).Mean),
        ];
    }

    // Tokens at the positions of sequences of so many.
    private static float[] Positioned(float[] tokens, float[] table, int features, int length) =>
        [.. tokens.Select((value, index) => value + table[index % (length * features)])];
}
