using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>Files of shapes, and what their calls take.</summary>
[Trait("Speed", "Quick")]
public sealed class ReplayTests : IDisposable
{
    private readonly FileInfo _file = new(Path.GetTempFileName());

    public void Dispose() => _file.Delete();

    [Fact]
    public void Lines_become_groups_what_is_called_most_often_first()
    {
        Write(
            "# Shapes of cpu:0", "", "heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 dtype=fp16 count=3 # a remark = no pair",
            "op=BatchNorm-training rows=3 hidden=16 dtype=fp32 count=7", "  op=rotary-interleaved tokens=3 heads=2 dim=8",
            "heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 pages=4 dtype=int8 count=9",
            "heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 dtype=fp16 count=5000000000",
            "heads=4 queries=5 keys=9 dim=16 dtype=int8");

        IReadOnlyList<ReplayedGroup> groups = ReplayFile.Read(_file);

        groups.Select(group => (group.Group.Title, group.Count)).Should().Equal(
            ("decode · heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 dtype=fp16", 5000000003),
            ("decode · heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 pages=4 dtype=int8", 9),
            ("norm BatchNorm training · 3 × 16", 7),
            ("rotary interleaved · 3 × 2 heads × 8", 1),
            ("prefill · heads=4 queries=5 keys=9 dim=16 dtype=int8", 1));
        groups.Select(group => string.Join(' ', group.Group.Cases.Select(item => $"{item.Variant}:{item.Type}"))).Should().Equal(
            "tiled:fp16 split-KV:fp16", "paged:int8", "BatchNorm training:fp32", "interleaved:fp32", "paged:int8");
    }

    [Theory]
    [InlineData("heads=4 keys=9", "*line 2: *has no dim*")]
    [InlineData("heads=4 keys=9 dim=8 dtype=fp17", "*line 2: *fp17*")]
    [InlineData("heads=4 keys=9 dim=8 count=0", "*line 2: count is 0; it must be*")]
    [InlineData("heads=4 keys=9 dim=8 pages=none", "*line 2: pages is none; it must be*")]
    [InlineData("heads=4 keys=9 keys=9 dim=8", "*line 2: *keys twice*")]
    [InlineData("op=Softmax rows=3 hidden=16", "*line 2: op is Softmax; there is no such operation*")]
    [InlineData("op=RMSNorm rows=3", "*line 2: RMSNorm has op, rows; it must have rows, hidden*")]
    [InlineData("op=RMSNorm rows=3 hidden=16 dtype=fp16", "*line 2: RMSNorm is of fp16; only fp32*")]
    [InlineData("op=rotary-sideways tokens=3 heads=2 dim=8", "*line 2: op is rotary-sideways*")]
    [InlineData("a sentence", "*line 2: *pairs such as*")]
    [InlineData("# nothing", "*has no shape*")]
    public void What_is_wrong_is_said_with_its_line(string line, string message)
    {
        Write("# a comment", line);

        FluentActions.Invoking(() => ReplayFile.Read(_file)).Should().Throw<FormatException>().WithMessage(message)
            .Which.Message.Should().Contain(_file.Name);
    }

    [Fact]
    public void Each_shape_has_the_share_of_its_calls_on_each_device()
    {
        Write("heads=1 queries=1 keys=9 dim=8 count=10", "heads=2 queries=1 keys=9 dim=8 count=20");
        IReadOnlyList<ReplayedGroup> groups = ReplayFile.Read(_file);
        ReplayedShape[] shapes =
        [
            ReplayedShape.Of(groups[0].Group.Title, groups[0].Count, [Row("cpu:0", "tiled", 3), Row("cpu:0", "split-KV", 2), Row("cpu:0", "tiled", 1) with { Cache = CacheState.Warm }]),
            ReplayedShape.Of(groups[1].Group.Title, groups[1].Count, [Row("cpu:0", "tiled", 6), Row("opencl:0", "tiled", 5), Row("opencl:0", "split-KV", 1) with { MedianMilliseconds = null }]),
        ];

        shapes[0].Times.Should().Equal(new ReplayedTime("cpu:0", 40, "split-KV, fp32"));
        var table = new ReplayTable(shapes);
        table.Headings.Should().Equal("Shape", "Calls", "By", "cpu:0", "Share", "opencl:0", "Share");
        table.Lines.Should().BeEquivalentTo((string[][])
        [
            [groups[0].Group.Title, "20", "split-KV, fp32", "40.0 ms", "40.0 %", "-", "-"],
            [groups[1].Group.Title, "10", "tiled, fp32", "60.0 ms", "60.0 %", "50.0 ms", "100 %"],
            ["all", "30", "", "100 ms", "", "50.0 ms", ""],
        ], options => options.WithStrictOrdering());
    }

    private static BenchRow Row(string device, string variant, double milliseconds) => new()
    {
        Device = device,
        Operation = "decode",
        Shape = "heads=1 keys=2 dim=8",
        Variant = variant,
        DataType = "fp32",
        Cache = CacheState.Cold,
        MedianMilliseconds = milliseconds,
    };

    private void Write(params string[] lines) => File.WriteAllLines(_file.FullName, lines);
}
