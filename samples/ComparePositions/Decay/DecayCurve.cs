namespace AttentionKernels.Samples.ComparePositions.Decay;

/// <summary>A score, or what is added to one, against the distance of query and key: how far attention is drawn to what is near.</summary>
/// <param name="Name">What gives the score.</param>
/// <param name="Scores">One a distance, from 0.</param>
internal sealed record DecayCurve(string Name, float[] Scores)
{
    /// <summary>Rotary embedding: q·R(d)·q for a unit vector q, the mean over all of them.</summary>
    /// <remarks>
    /// Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021. Of a vector whose pairs have the lengths rᵢ the
    /// score is Σ rᵢ²·cos(d·θᵢ), times the squared attention factor. Of all unit vectors the mean of rᵢ² is 1 over the number of pairs; so
    /// the mean score is that of a vector all of whose pairs are equally long.
    /// </remarks>
    public static DecayCurve Rotary(AttentionDevice device, string name, RotaryFrequencies frequencies, int distances)
    {
        int dimension = frequencies.RotaryDimension;
        float[] unit = [.. Enumerable.Repeat(1f / MathF.Sqrt(dimension), distances * dimension)];
        using Tensor<float> heads = device.Upload(unit, [1, distances, 1, dimension]);
        using RotaryTable table = new(device, distances, frequencies);
        device.RotaryEmbedding(heads, table, heads, RotaryStyle.HalfSplit);
        return new DecayCurve(name, DistanceScores.Compute(device, heads, heads, new NoModifier()));
    }

    /// <summary>Sinusoidal positions: the dot product of two positions' vectors, divided by that of a vector with itself.</summary>
    /// <remarks>Vaswani et al., "Attention Is All You Need", 2017. sin a·sin b + cos a·cos b = cos(a − b): the same mean of cosines as that
    /// of rotary embedding, but added to what a token is, not multiplied with it.</remarks>
    public static DecayCurve Sinusoidal(AttentionDevice device, string name, int dimension, int distances)
    {
        using Tensor<float> positions = device.Upload(SinusoidalPositions.Table(distances, dimension), [1, distances, 1, dimension]);
        return new DecayCurve(name, DistanceScores.Compute(device, positions, positions, new NoModifier(), 2f / dimension));
    }

    /// <summary>ALiBi: −slope·d, a slope for each head; a curve for each.</summary>
    /// <remarks>Press, Smith and Lewis, "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation",
    /// 2022.</remarks>
    public static DecayCurve[] Alibi(AttentionDevice device, int heads, int distances)
    {
        float[] scores = OfModifier(device, new AlibiBias(heads), heads, distances);
        return [.. scores.Chunk(distances).Select((own, head) => new DecayCurve($"ALiBi, head {head} of {heads}", own))];
    }

    /// <summary>T5's relative bias, whose number is the bucket's own: which bucket a distance has.</summary>
    /// <remarks>Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020. A model learns a
    /// bias for each bucket and head; distances that share a bucket look the same to it.</remarks>
    public static DecayCurve Buckets(AttentionDevice device, string name, bool isBidirectional, int distances)
    {
        const int Buckets = 32, Largest = 128;
        float[] bias = [.. Enumerable.Range(0, Buckets).Select(bucket => (float)bucket)];
        float[] table = RelativeBuckets.Table(bias, heads: 1, Largest, isBidirectional);
        using Tensor<float> biases = device.Upload(table, [1, table.Length]);
        return new DecayCurve(name, OfModifier(device, new RelativeBias(biases, -Largest), heads: 1, distances));
    }

    // Queries and keys of zeros: the scores are what the modifier adds.
    private static float[] OfModifier<TModifier>(AttentionDevice device, TModifier modifier, int heads, int distances)
        where TModifier : struct, IScoreModifier<TModifier>
    {
        using Tensor<float> query = device.Upload(new float[distances * heads], [1, distances, heads, 1]);
        return DistanceScores.Compute(device, query, query, modifier);
    }
}
