namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// The size of the batch, from 1 to 256 tokens. Batch norm in training, y_c = (x_c − m_c) / √(v_c + ε), has m_c and v_c of n values, which
/// miss the population's by about σ/√n: its error falls with 1/√n only, and n = 1 has no variance at all. Inference takes running
/// statistics, r ← 0.9·r + 0.1·(m_c, v_c), which average over some twenty batches: another function than that of training.
/// The other norms take their statistics from the token itself: it gets the same bits alone and in any batch.
/// </summary>
/// <remarks>Ioffe and Szegedy, 2015, for batch norm; Wu and He, 2018, for its error in small batches.</remarks>
internal static class BatchSize
{
    private const int Largest = 256, Trials = 64, HeldOut = 256;

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population)
    {
        double[] sizes = [.. Enumerable.Range(0, 1 + (int)Math.Log2(Largest)).Select(power => Math.Pow(2, power))];
        IReadOnlyList<Line> lines = Line.Of(
        [
            .. sizes.Select(size => (double?[])
                [.. BatchNormErrors(norms, population, (int)size), .. FromAlone(norms, population, (int)size)]),
        ]);
        return new Finding(
            "Batch size", new Axis("values of each feature in a batch", sizes, Logarithmic: true),
            [.. lines.Select(line => line.Norm == Norm.BatchInference ? line with { Absent = "untrained" } : line)])
        {
            Measure = new Measure("error that the batch causes", Logarithmic: true),
            Explanation = $"""
                Measured against the population's true statistics for batch norm, against the token alone for the others, which are equal
                bit for bit. The error of batch norm halves where the batch is four times as large; running statistics average it, and make
                inference another function than training. One value is refused:
                {Refusal(norms, population)}
                """,
        };
    }

    // In training and in inference.
    private static double?[] BatchNormErrors(Normalizer norms, Population population, int size)
    {
        if (size < 2)
            return [null, null];
        using RunningStatistics running = norms.Untrained(population.Features);
        double squares = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            float[] tokens = population.Draw(trial, size);
            float[] output = norms.BatchTraining(tokens, [size, population.Features], running);
            squares += Math.Pow(Distance.RootMeanSquare(output, population.Normalize(tokens)), 2);
        }

        float[] others = population.Draw(Trials, HeldOut);
        float[] inferred = norms.BatchInference(others, [HeldOut, population.Features], running);
        return [Math.Sqrt(squares / Trials), Distance.RootMeanSquare(inferred, population.Normalize(others))];
    }

    // Of layer, RMS and group norm: the tokens of a batch beside the same tokens one by one.
    private static double?[] FromAlone(Normalizer norms, Population population, int size)
    {
        int features = population.Features;
        float[] tokens = population.Draw(0, size);
        float[][] alone = [.. tokens.Chunk(features)];
        Func<float[], float[]>[] functions =
        [
            rows => norms.Layer(rows, features), rows => norms.Rms(rows, features),
            rows => norms.Group(rows, [rows.Length / features, features]),
        ];
        return [.. functions.Select(norm => (double?)Distance.RootMeanSquare(norm(tokens), [.. alone.SelectMany(norm)]))];
    }

    private static string Refusal(Normalizer norms, Population population)
    {
        try
        {
            norms.BatchTraining(population.Draw(0, 1), [1, population.Features]);
            return "it was not.";
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }
}
