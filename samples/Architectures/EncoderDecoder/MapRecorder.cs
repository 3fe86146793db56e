using AttentionKernels.Samples.Architectures.Maps;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>Keeps what attention of a layer worked on last, and makes maps of it.</summary>
/// <param name="weights">The model, whose biases are part of the scores.</param>
/// <param name="layer">The layer.</param>
internal sealed class MapRecorder(T5Weights weights, int layer)
{
    private readonly Dictionary<AttentionKind, (float[] Query, float[] Key)> seen = [];

    /// <summary>Keeps it, in place of what was kept of this kind.</summary>
    public void Observe(AttentionKind kind, int observed, TensorView<float> query, TensorView<float> key)
    {
        if (observed == layer)
            seen[kind] = (query.ToArray(), key.ToArray());
    }

    /// <summary>The map of what was kept.</summary>
    public LabelledMap Map(AttentionKind kind, string title, int[] queries, int[] keys, int head)
    {
        T5Shape shape = weights.Shape;
        (float[] query, float[] key) = seen[kind];
        var terms = new ScoreTerms(shape.Heads, shape.Heads, shape.HeadDimension) { Scale = 1f, Bias = at => Bias(kind, at) };
        float[] map = AttentionMap.Of(query, key, terms);
        return new LabelledMap($"{title}, layer {layer}", [.. queries.Select(Letters.Decode)], [.. keys.Select(Letters.Decode)], map, head);
    }

    private float Bias(AttentionKind kind, Position at)
    {
        if (kind == AttentionKind.Cross)
            return 0f;
        bool isSource = kind == AttentionKind.Source;
        float[] learned = (isSource ? weights.Encoder : weights.Decoder).Bias;
        int bucket = RelativeBuckets.Of(at.Key - at.QueryPosition, weights.Shape.Buckets, weights.Shape.LargestDistance, isSource);
        return learned[(bucket * weights.Shape.Heads) + at.Head] + (isSource ? 0f : ScoreTerms.Causal(at));
    }
}
