namespace AttentionKernels.Tests.Oracle;

/// <summary>
/// The N of the error rule: attention as a plain sequential fp32 loop, one pass for the maximum and one for the sum, with correctly
/// rounded exponents. It says how exact fp32 is on the given inputs.
/// </summary>
internal static class SequentialAttention
{
    /// <summary>The output [batch, queries, heads, headDim].</summary>
    public static float[] Compute<TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var output = new float[inputs.OutputLength];
        inputs.ForEachRow((batch, head, query) => Attend(
            inputs, Scores(inputs, mask, modifier, batch, head, query), batch, head,
            output.AsSpan(inputs.QueryRow(batch, head, query), inputs.HeadDimension)));
        return output;
    }

    private static float[] Scores<TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier, int batch, int head, int query)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var scores = new float[inputs.Keys];
        ReadOnlySpan<float> queryRow = inputs.Query.AsSpan(inputs.QueryRow(batch, head, query), inputs.HeadDimension);
        for (int key = 0; key < inputs.Keys; key++)
        {
            ReadOnlySpan<float> keyRow = inputs.Key.AsSpan(inputs.KeyRow(batch, head, key), inputs.HeadDimension);
            float product = 0f;
            for (int dimension = 0; dimension < inputs.HeadDimension; dimension++)
                product += queryRow[dimension] * keyRow[dimension];
            var at = new Position(batch, head, query, key, inputs.Queries, inputs.Keys);
            scores[key] = TMask.Allows(mask, at) ? TModifier.Apply(modifier, product * inputs.Scale, at) : float.NegativeInfinity;
        }

        return scores;
    }

    private static void Attend(AttentionInputs inputs, float[] scores, int batch, int head, Span<float> output)
    {
        float maximum = float.NegativeInfinity;
        foreach (float score in scores)
            maximum = Math.Max(maximum, score);
        if (float.IsNegativeInfinity(maximum))
            return;

        float sum = 0f;
        for (int key = 0; key < scores.Length; key++)
        {
            if (float.IsNegativeInfinity(scores[key]))
                continue;
            float weight = (float)Math.Exp((double)(scores[key] - maximum));
            sum += weight;
            ReadOnlySpan<float> valueRow = inputs.Value.AsSpan(inputs.KeyRow(batch, head, key), inputs.HeadDimension);
            for (int dimension = 0; dimension < output.Length; dimension++)
                output[dimension] += weight * valueRow[dimension];
        }

        foreach (ref float element in output)
            element /= sum;
    }
}
