namespace AttentionKernels.Tests.Oracle;

/// <summary>
/// Attention in fp64 by its definition, on the stored fp32 inputs. Masked keys and scores of −∞ take no part, not even by a NaN; a row
/// without any key gives output 0 and log-sum-exp −∞.
/// </summary>
internal static class AttentionOracle
{
    /// <summary>The output [batch, queries, heads, headDim] and the log-sum-exp [batch, heads, queries].</summary>
    /// <remarks>A score modifier works in fp32 by its contract: the score is rounded for it, and for it alone.</remarks>
    public static (double[] Output, double[] LogSumExp) Compute<TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var output = new double[inputs.OutputLength];
        var logSumExp = new double[inputs.LogSumExpLength];
        inputs.ForEachRow((batch, head, query) =>
        {
            double[] scores = Scores(inputs, mask, modifier, batch, head, query);
            logSumExp[inputs.StateIndex(batch, head, query)] =
                Attend(inputs, scores, batch, head, output.AsSpan(inputs.QueryRow(batch, head, query), inputs.HeadDimension));
        });
        return (output, logSumExp);
    }

    private static double[] Scores<TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier, int batch, int head, int query)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var scores = new double[inputs.Keys];
        ReadOnlySpan<float> queryRow = inputs.Query.AsSpan(inputs.QueryRow(batch, head, query), inputs.HeadDimension);
        for (int key = 0; key < inputs.Keys; key++)
        {
            var at = new Position(batch, head, query, key, inputs.Queries, inputs.Keys);
            if (!TMask.Allows(mask, at))
            {
                scores[key] = double.NegativeInfinity;
                continue;
            }

            ReadOnlySpan<float> keyRow = inputs.Key.AsSpan(inputs.KeyRow(batch, head, key), inputs.HeadDimension);
            double product = 0;
            for (int dimension = 0; dimension < inputs.HeadDimension; dimension++)
                product += (double)queryRow[dimension] * keyRow[dimension];
            double score = product * inputs.Scale;
            scores[key] = typeof(TModifier) == typeof(NoModifier) ? score : TModifier.Apply(modifier, (float)score, at);
        }

        return scores;
    }

    private static double Attend(AttentionInputs inputs, double[] scores, int batch, int head, Span<double> output)
    {
        double maximum = double.NegativeInfinity;
        foreach (double score in scores)
            maximum = Math.Max(maximum, score);
        if (double.IsNegativeInfinity(maximum))
            return double.NegativeInfinity;

        double sum = 0;
        for (int key = 0; key < scores.Length; key++)
        {
            if (double.IsNegativeInfinity(scores[key]))
                continue;
            double weight = Math.Exp(scores[key] - maximum);
            sum += weight;
            ReadOnlySpan<float> valueRow = inputs.Value.AsSpan(inputs.KeyRow(batch, head, key), inputs.HeadDimension);
            for (int dimension = 0; dimension < output.Length; dimension++)
                output[dimension] += weight * valueRow[dimension];
        }

        foreach (ref double element in output)
            element /= sum;
        return maximum + Math.Log(sum);
    }
}
