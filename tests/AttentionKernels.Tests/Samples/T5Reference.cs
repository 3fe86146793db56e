using AttentionKernels.Samples.Architectures.EncoderDecoder;
using AttentionKernels.Tests.Attention.Variants;

namespace AttentionKernels.Tests.Samples;

/// <summary>A T5-like model from the oracle's operations: each in fp64, rounded to fp32 for the next one.</summary>
internal sealed class T5Reference(T5Weights weights)
{
    private static readonly ScoreBy _asIs = new((score, _) => score);

    private readonly T5Shape _shape = weights.Shape;

    /// <summary>The logits behind each target token, all of which go through the decoder together: [target, vocabulary].</summary>
    public double[] Logits(int[] source, int[] target)
    {
        float[] read = Rms(Encode(source), weights.Encoder.Norm);
        float[] stream = Embed(target);
        foreach (T5Layer<float[]> layer in weights.Decoder.Layers)
        {
            float[] normalized = Rms(stream, layer.Self.Norm);
            stream = Add(stream, Attend(layer.Self, normalized, normalized, Bias(weights.Decoder, isBidirectional: false), isCausal: true));
            stream = Add(stream, Attend(layer.Cross!, Rms(stream, layer.Cross!.Norm), read, _asIs, isCausal: false));
            stream = Add(stream, FeedForward(layer.FeedForward, stream));
        }

        double[] products = LinearOracle.Compute(Rms(stream, weights.Decoder.Norm), weights.Embeddings, _shape.Dimension);
        return [.. products.Select(product => product / Math.Sqrt(_shape.Dimension))];
    }

    private float[] Encode(int[] source)
    {
        float[] stream = Embed(source);
        foreach (T5Layer<float[]> layer in weights.Encoder.Layers)
        {
            float[] normalized = Rms(stream, layer.Self.Norm);
            stream = Add(stream, Attend(layer.Self, normalized, normalized, Bias(weights.Encoder, isBidirectional: true), isCausal: false));
            stream = Add(stream, FeedForward(layer.FeedForward, stream));
        }

        return stream;
    }

    private float[] Embed(int[] tokens) =>
        [.. tokens.SelectMany(token => weights.Embeddings[(token * _shape.Dimension)..((token + 1) * _shape.Dimension)])];

    private ScoreBy Bias(T5Stack<float[]> stack, bool isBidirectional) => new((score, at) =>
    {
        int bucket = RelativeBuckets.Of(at.Key - at.QueryPosition, _shape.Buckets, _shape.LargestDistance, isBidirectional);
        return score + stack.Bias[(bucket * _shape.Heads) + at.Head];
    });

    private float[] Attend(AttentionWeights<float[]> layer, float[] from, float[] to, ScoreBy modifier, bool isCausal)
    {
        var inputs = new AttentionInputs
        {
            Query = Linear(from, layer.Query),
            Key = Linear(to, layer.Key),
            Value = Linear(to, layer.Value),
            Heads = _shape.Heads,
            KeyValueHeads = _shape.Heads,
            HeadDimension = _shape.HeadDimension,
            Queries = from.Length / _shape.Dimension,
            Keys = to.Length / _shape.Dimension,
            Scale = 1f,
        };
        (double[] attended, _) = isCausal
            ? AttentionOracle.Compute(inputs, new CausalMask(), modifier)
            : AttentionOracle.Compute(inputs, new NoMask(), modifier);
        return Linear(Round(attended), layer.Output, _shape.Inner);
    }

    private float[] FeedForward(FeedForwardWeights<float[]> layer, float[] stream) =>
        Linear([.. Linear(Rms(stream, layer.Norm), layer.Up).Select(number => Math.Max(0f, number))], layer.Down, _shape.FeedForward);

    private float[] Rms(float[] stream, float[] norm) =>
        Round(NormalizationOracle.Rms(stream, norm, _shape.Dimension, T5Model.NormEpsilon));

    private float[] Linear(float[] input, float[] matrix) => Linear(input, matrix, _shape.Dimension);

    private static float[] Linear(float[] input, float[] matrix, int columns) => Round(LinearOracle.Compute(input, matrix, columns));

    private static float[] Add(float[] left, float[] right) => [.. left.Zip(right, (one, other) => one + other)];

    private static float[] Round(double[] numbers) => [.. numbers.Select(number => (float)number)];
}
