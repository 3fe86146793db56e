using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>Shapes on the command line of the benchmarks, and the work that they mean.</summary>
[Trait("Speed", "Quick")]
public class AttentionShapeTests
{
    [Fact]
    public void All_names_are_read_in_any_order() =>
        AttentionShape.Parse("mask=window:256 batch=8 dim=128  keys=4096 queries=1 common=16 heads=32/8").Should().Be(
            new AttentionShape(8, 32, 8, 1, 4096, 128) { Mask = new(MaskKind.Window, 256), Common = 16 });

    [Fact]
    public void What_is_left_out_is_that_of_a_causal_prefill() =>
        AttentionShape.Parse("heads=8 keys=512 dim=64").Should().Be(new AttentionShape(1, 8, 8, 512, 512, 64) { Mask = new(MaskKind.Causal) });

    [Theory]
    [InlineData("heads=8 keys=512 dim=64")]
    [InlineData("heads=32/8 queries=1 keys=4096 dim=128")]
    [InlineData("heads=28/4 queries=7 keys=100 dim=80 batch=3 common=96 mask=full")]
    [InlineData("heads=4/1 keys=64 dim=256 mask=chunked:16")]
    public void A_shape_is_written_as_it_is_read(string text) => AttentionShape.Parse(text).ToString().Should().Be(text);

    [Theory]
    [InlineData("keys=512 dim=64", "*has no heads*")]
    [InlineData("", "*has no heads*")]
    [InlineData("heads=8 dim=64", "*has no keys*")]
    [InlineData("heads=8 keys=512", "*has no dim*")]
    [InlineData("heads=8 keys=512 dim", "*'dim'*pairs*")]
    [InlineData("heads=8 keys=512 dim=64 tokens=3", "*'tokens'*may have heads, queries*")]
    [InlineData("heads=8 keys=512 dim=64 keys=5", "*keys twice*")]
    [InlineData("heads=8 keys=0 dim=64", "*keys is 0*whole number from 1*")]
    [InlineData("heads=8 keys=-5 dim=64", "*keys is -5*")]
    [InlineData("heads=8 keys=1e3 dim=64", "*keys is 1e3*")]
    [InlineData("heads=8 keys=99999999999 dim=64", "*keys is 99999999999*")]
    [InlineData("heads=8/3 keys=512 dim=64", "*8/3*kv heads must divide heads*")]
    [InlineData("heads=8/4/2 keys=512 dim=64", "*8/4/2*")]
    [InlineData("heads=8/ keys=512 dim=64", "*heads is *whole number*")]
    [InlineData("heads=8 keys=512 dim=1024", "*dim is 1024*at most 512*")]
    [InlineData("heads=8 keys=512 dim=64 common=512", "*common is 512*less than keys*")]
    [InlineData("heads=8 keys=512 dim=64 mask=none", "*mask is 'none'*full, causal, window:N or chunked:N*")]
    [InlineData("heads=8 keys=512 dim=64 mask=window", "*mask is 'window'*")]
    [InlineData("heads=8 keys=512 dim=64 mask=window:0", "*mask is 'window:0'*at least 1*")]
    [InlineData("heads=8 keys=512 dim=64 mask=causal:5", "*mask is 'causal:5'*")]
    public void What_is_wrong_is_named(string text, string message) =>
        FluentActions.Invoking(() => AttentionShape.Parse(text)).Should().Throw<FormatException>().WithMessage(message);

    [Theory]
    [InlineData("heads=1 queries=7 keys=20 dim=8 mask=full")]
    [InlineData("heads=2 queries=7 keys=20 dim=8")]
    [InlineData("heads=3/1 queries=9 keys=5 dim=8 batch=2")]
    [InlineData("heads=1 queries=7 keys=20 dim=8 mask=window:4")]
    [InlineData("heads=1 queries=7 keys=20 dim=8 mask=chunked:6")]
    public void Pairs_and_tokens_are_those_that_the_mask_allows(string text)
    {
        AttentionShape shape = AttentionShape.Parse(text);
        var allowed =
            (from query in Enumerable.Range(0, shape.Queries)
             from key in Enumerable.Range(0, shape.Keys)
             where Allows(shape, new Position(0, 0, query, key, shape.Queries, shape.Keys))
             select (query, key)).ToArray();

        shape.AllowedPairs.Should().Be(shape.Batch * shape.Heads * allowed.Length);
        shape.TokensRead.Should().Be(shape.Batch * allowed.Select(pair => pair.key).Distinct().Count());
    }

    [Fact]
    public void Tokens_in_common_are_read_once() =>
        AttentionShape.Parse("heads=2 queries=1 keys=100 dim=8 batch=5 common=60").TokensRead.Should().Be(60 + (5 * 40));

    [Theory]
    [InlineData("Llama-2-7B", "heads=32 keys=1024 dim=128; heads=32 queries=1 keys=4096 dim=128")]
    [InlineData("gemma-7b", "heads=16 keys=1024 dim=256; heads=16 queries=1 keys=4096 dim=256")]
    [InlineData("Mistral-7B", "heads=32/8 keys=1024 dim=128 mask=window:4096; heads=32/8 queries=1 keys=4096 dim=128 mask=window:4096")]
    [InlineData("BERT-base", "heads=12 keys=512 dim=64 mask=full")]
    [InlineData("GPT-2", "heads=12 keys=1024 dim=64; heads=12 queries=1 keys=1024 dim=64")]
    public void Models_are_known_by_name(string name, string shapes) =>
        string.Join("; ", ModelShape.Find(name).Shapes()).Should().Be(shapes);

    [Fact]
    public void Of_a_model_that_is_not_known_the_others_are_named() =>
        FluentActions.Invoking(() => ModelShape.Find("Llama")).Should().Throw<FormatException>().WithMessage("*'Llama'*Llama-2-7B*Gemma-7B*");

    private static bool Allows(AttentionShape shape, in Position at) => shape.Mask.Kind switch
    {
        MaskKind.Full => NoMask.Allows(default, at),
        MaskKind.Causal => CausalMask.Allows(default, at),
        MaskKind.Window => SlidingWindowMask.Allows(new SlidingWindowMask(shape.Mask.Size - 1), at),
        _ => ChunkedMask.Allows(new ChunkedMask(shape.Mask.Size), at),
    };
}
