using AttentionKernels.Samples.Architectures.Decoder;
using AttentionKernels.Samples.Llama;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The decoder of the Architectures sample shows the weights that attention has used, and a step gives what a pass does.</summary>
public class DecoderMapTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Layer = 2;
    private static readonly int[] _tokens = [1, 403, 407, 261, 378, 317, 398, 285];

    [Theory, EachBackend]
    public void Rows_are_shares_of_what_is_not_behind_the_query(Backend backend)
    {
        using StoryTeller model = Open(backend);

        float[] map = model.Map(model.Observe(_tokens, Layer));

        map.Length.Should().Be(model.Shape.Heads * _tokens.Length * _tokens.Length);
        foreach ((int index, float[] row) in map.Chunk(_tokens.Length).Index())
        {
            int query = index % _tokens.Length;
            row.Sum().Should().BeApproximately(1f, 1e-5f);
            row[..(query + 1)].Should().OnlyContain(weight => weight > 0f);
            row.Skip(query + 1).Where(weight => weight != 0f).Should().BeEmpty();
        }
    }

    [Theory, EachBackend]
    public void The_sum_of_the_values_by_the_weights_is_what_attention_gives(Backend backend)
    {
        using StoryTeller model = Open(backend);
        ModelShape shape = model.Shape;
        shape.KeyValueHeads.Should().BeLessThan(shape.Heads, "a kv head is shared");

        AttendedLayer layer = model.Observe(_tokens, Layer);
        float[] map = model.Map(layer);

        double largest = layer.Value.Max(value => Math.Abs((double)value));
        for (int index = 0; index < layer.Output.Length; index++)
        {
            (int row, int element) = Math.DivRem(index, shape.HeadDimension);
            (int query, int head) = Math.DivRem(row, shape.Heads);
            int keyHead = head / (shape.Heads / shape.KeyValueHeads);
            double expected = Enumerable.Range(0, _tokens.Length).Sum(key =>
                (double)map[(((head * _tokens.Length) + query) * _tokens.Length) + key]
                * layer.Value[(((key * shape.KeyValueHeads) + keyHead) * shape.HeadDimension) + element]);
            Math.Abs(layer.Output[index] - expected).Should().BeLessThan(1e-5 * largest, "query {0}, head {1}", query, head);
        }
    }

    [Theory, EachBackend]
    public void A_step_gives_what_the_whole_sequence_gives(Backend backend)
    {
        using StoryTeller model = Open(backend);

        float[] whole = model.Prefill(_tokens);
        model.Prefill(_tokens[..^1]);
        float[] step = model.Decode(_tokens[^1]);

        step.Zip(whole).Max(pair => Math.Abs(pair.First - pair.Second)).Should().BeLessThan(1e-5f);
        step.Sum().Should().BeApproximately(1f, 1e-4f);
        model.Invoking(own => own.Observe(_tokens, own.Shape.Layers)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0 to 4*");
    }

    private StoryTeller Open(Backend backend) =>
        new(Device(backend), Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin"))));
}
