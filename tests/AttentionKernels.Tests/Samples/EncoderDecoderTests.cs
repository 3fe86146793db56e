using AttentionKernels.Samples.Architectures.EncoderDecoder;
using AttentionKernels.Samples.Architectures.Maps;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The encoder–decoder of the Architectures sample gives the oracle's logits, in one pass and step by step.</summary>
public class EncoderDecoderTests(TestDevices devices) : DeviceTests(devices)
{
    // Of the largest logit: what fp32 leaves behind four layers.
    private const double Tolerance = 1e-5;

    // Longer than the exact buckets of distances, so that wide ones are used too.
    private static readonly int[] _source = Letters.Encode("The cat sits on the mat, and a kitten rests on a rug.");
    private static readonly int[] _target = [Letters.Begin, .. Letters.Encode("Die Katze sitzt auf der Matte.")];
    private static readonly T5Weights _weights = T5Weights.Random(new T5Shape(), seed: 7);
    private static readonly Lazy<double[]> _expected = new(() => new T5Reference(_weights).Logits(_source, _target));

    [Theory, EachBackend]
    public void Logits_are_those_of_the_oracle(Backend backend)
    {
        using var model = new T5Model(Device(backend), _weights);
        using KeyValueRows read = model.Encode(_source);
        using KeyValueRows cache = model.NewCache();

        Agrees(model.Decode(_target, read, cache));
    }

    [Theory, EachBackend]
    public void Steps_give_what_one_pass_gives_and_read_the_source_once(Backend backend)
    {
        using var model = new T5Model(Device(backend), _weights);
        using KeyValueRows read = model.Encode(_source);
        float[][] source = [.. Enumerable.Range(0, _weights.Shape.Layers).Select(layer => read.All(layer).Key.ToArray())];
        using KeyValueRows cache = model.NewCache();

        // Some together, then one by one.
        const int Together = 3;
        float[] first = model.Decode(_target[..Together], read, cache);
        Agrees([.. first, .. _target.Skip(Together).SelectMany(token => model.Decode([token], read, cache))]);

        cache.Length.Should().Be(_target.Length);
        for (int layer = 0; layer < source.Length; layer++)
            read.All(layer).Key.ToArray().Should().Equal(source[layer]);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Maps_are_of_the_source_of_the_target_so_far_and_of_both(Backend backend)
    {
        using var model = new T5Model(Device(backend), _weights);
        var seen = new MapRecorder(_weights, layer: 1);
        model.Observer = seen.Observe;
        using KeyValueRows read = model.Encode(_source);
        using KeyValueRows cache = model.NewCache();
        model.Decode(_target, read, cache);

        LabelledMap own = seen.Map(AttentionKind.Source, "", _source, _source, 0);
        LabelledMap target = seen.Map(AttentionKind.Target, "", _target, _target, 0);
        LabelledMap cross = seen.Map(AttentionKind.Cross, "", _target, _source, 0);

        foreach (LabelledMap map in (LabelledMap[])[own, target, cross])
        {
            map.Heads.Should().Be(_weights.Shape.Heads);
            foreach (float[] row in map.Weights.Chunk(map.Keys.Count))
                row.Sum().Should().BeApproximately(1f, 1e-4f);
        }

        target.Weights.Index().Where(weight => weight.Index % _target.Length > weight.Index / _target.Length % _target.Length)
            .Should().OnlyContain(weight => weight.Item == 0f);
        own.Shown(0).GetLength(1).Should().Be(LabelledMap.MostTokens);
        own.Omission.Should().Contain($"{LabelledMap.MostTokens} of {_source.Length}");
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void More_tokens_than_there_is_room_for_are_refused(Backend backend)
    {
        using var model = new T5Model(Device(backend), _weights);
        int[] tooMany = new int[_weights.Shape.MaximumTokens + 1];
        using KeyValueRows read = model.Encode(_source);
        using KeyValueRows cache = model.NewCache();

        model.Invoking(own => own.Encode(tooMany)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("source");
        model.Invoking(own => own.Encode([])).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("source");
        model.Decode(tooMany[1..], read, cache);
        model.Invoking(own => own.Decode([0], read, cache)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("tokens");
    }

    private static void Agrees(float[] logits)
    {
        double largest = _expected.Value.Max(Math.Abs);
        (int index, double error) = ErrorBound.Largest(logits, _expected.Value);
        error.Should().BeLessThan(Tolerance * largest, "logit {0}", index);
    }
}
