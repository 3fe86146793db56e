namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// The length of a neighbour. Eight sentences lie in one tensor, seven of 16 tokens and one of 16 to 1024, and zeros fill up the shorter
/// ones. Batch norm's mean and variance of a feature over [batch, tokens] count those zeros: with a share p of padding the mean shrinks to
/// (1 − p)·μ, and the variance becomes (1 − p)·(σ² + p·μ²). Group norm, whose groups span the tokens of a sentence, counts its padding too.
/// Without padding, tokens one behind the other, only the noise of other neighbours is left. What takes the statistics of a token from its
/// own features, or from training, sees no neighbour.
/// </summary>
/// <remarks>Shen et al., "PowerNorm", 2020, for what batch statistics do in Transformers.</remarks>
internal static class NeighbourLength
{
    private const int Sentences = 8, Tokens = 16, Longest = 1024;

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population)
    {
        double[] lengths = [.. Enumerable.Range(0, 1 + (int)Math.Log2(Longest / Tokens)).Select(power => Tokens * Math.Pow(2, power))];
        float[][][] outputs = [.. lengths.Select(length => FirstSentence(norms, population, (int)length))];
        double?[][] changes = [.. outputs.Select(output => Distance.RootMeanSquares(output, outputs[0]))];
        return new Finding(
            "Length of a neighbour", new Axis("tokens of the longest of 8 sentences, the others have 16", lengths, Logarithmic: true),
            Line.Of(changes, comparison: "batch without padding"))
        {
            Measure = new Measure("change of a sentence's output"),
            Explanation = """
                The same sentence gets another result where a neighbour is longer: padding leaks into the statistics of batch norm, and
                into those of group norm over [features, tokens]. Without padding batch norm in training still has the noise of other
                neighbours; layer norm, RMS norm and inference are the same bit for bit.
                """,
        };
    }

    // Of each norm the output of the first sentence [tokens, features].
    private static float[][] FirstSentence(Normalizer norms, Population population, int longest)
    {
        int features = population.Features;
        float[][] sentences =
            [.. Enumerable.Range(0, Sentences).Select(index => population.Draw(index, index == Sentences - 1 ? longest : Tokens))];
        var batch = new PaddedBatch(sentences, features);
        float[] rows = batch.TokensFirst(), planes = batch.FeaturesFirst(), packed = [.. sentences.SelectMany(sentence => sentence)];
        TensorShape shape = batch.FeaturesFirstShape;
        using RunningStatistics trained = norms.Trained(population);
        float[][] outputs =
        [
            batch.TokensFirst(norms.BatchTraining(planes, shape)),
            batch.TokensFirst(norms.BatchInference(planes, shape, trained)),
            norms.Layer(rows, features),
            norms.Rms(rows, features),
            batch.TokensFirst(norms.Group(planes, shape)),
            norms.BatchTraining(packed, [packed.Length / features, features]),
        ];
        return [.. outputs.Select(batch.FirstOf)];
    }
}
