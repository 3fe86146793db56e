extern alias compare;

using AttentionKernels.Tests.Infrastructure;
using compare::AttentionKernels.Problems;
using compare::AttentionKernels.Samples.CompareVariants;
using FluentAssertions;
using Spectre.Console;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The comparison of variants: its command line, and that rows are checked, timed in turn and named.</summary>
public class CompareVariantsTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly TimeSpan _share = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Arguments_become_options()
    {
        Options? read = null;
        Options.Run(
            ["--shape", "heads=8 queries=512 keys=512 dim=64", "--dtype", "fp16,int8", "--filter", "*paged*", "--device", "cpu,opencl", "--quick"],
            options =>
            {
                read = options;
                return 0;
            }).Should().Be(0);

        read!.Shapes.Select(shape => shape.ToString()).Should().Equal("heads=8 keys=512 dim=64");
        read.Types.Select(type => type.Name).Should().Equal("fp16", "int8");
        read.Devices.Should().Equal("cpu,opencl");
        BenchGroup.Filter(read.Shapes.Select(new Suite(new NormalInputs(), read.Types).Attention), read.Filters)
            .Single().Cases.Select(item => $"{item.Variant} {item.Type}").Should().Equal("paged fp16", "paged int8");
    }

    [Theory]
    [InlineData("--shape", "heads=8")]
    [InlineData("--shape", "heads=8 keys=512 dim=64 tokens=3")]
    [InlineData("--dtype", "fp17")]
    [InlineData("--device", "")]
    [InlineData("--fast")]
    [InlineData("--model", "no-such-file.bin")]
    [InlineData("fast")]
    public void What_is_wrong_runs_nothing_and_is_1(params string[] arguments) => Options.Run(arguments, _ => 0).Should().Be(1);

    [Fact]
    public void Tables_begin_with_naive_attention_and_their_rows_have_names_of_their_own()
    {
        var suite = new Suite(new NormalInputs(), []);
        foreach (BenchGroup[] groups in (BenchGroup[][])[[.. suite.Quick()], [.. suite.Full()]])
        {
            groups.Where(group => group.Operation is "prefill" or "decode").Should().NotBeEmpty()
                .And.OnlyContain(group => group.Cases[0].Variant == "naive");
            groups.SelectMany(group => group.Cases.Select(group.NameOf)).Should().OnlyHaveUniqueItems();
        }
    }

    [Theory, EachBackend]
    public void Variants_of_a_shape_are_right_on_every_backend(Backend backend)
    {
        string[] shapes =
        [
            "heads=4/2 queries=3 keys=37 dim=16 batch=3 mask=window:9", "heads=4 queries=1 keys=40 dim=16 batch=2",
            "heads=2 queries=2 keys=50 dim=16 batch=2 common=33",
        ];
        var suite = new Suite(new NormalInputs(), []);

        foreach (BenchGroup group in shapes.Select(AttentionShape.Parse).Select(suite.Attention))
        {
            IReadOnlyList<ComparisonRow> rows = new Comparison([Device(backend)]).Measure(group, _share, CancellationToken.None);

            rows.Should().HaveCount(group.Cases.Count).And.OnlyContain(row => row.Verified && row.MedianMilliseconds > 0 && row.Note == null);
            rows.Select(row => row.Name).Should().Equal(group.Cases.Select(item => $"{item.Variant}, {item.Type}, warm"));
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Of_naive_attention_that_takes_long_a_part_is_timed_and_scaled(Backend backend)
    {
        AttentionShape shape = AttentionShape.Parse("heads=6/2 keys=480 dim=48 batch=2");
        var group = new BenchGroup("prefill", "large", [NaivePart.Of(shape, DataType.Float32, new NormalInputs())], HasColdRows: false);

        ComparisonRow row = new Comparison([Device(backend)]).Measure(group, _share, CancellationToken.None).Single();

        row.Verified.Should().BeTrue();
        row.Note.Should().Be("timed and checked on 1 of 2 sequences, 3 of 6 heads; median and extra are scaled");
        (row.GigaflopsPerSecond * row.MedianMilliseconds * 1e6).Should().BeApproximately(shape.FloatingPointOperations, 1);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_memory_may_bound_is_timed_cold_and_warm_and_the_line_below_says_what_is_fastest(Backend backend)
    {
        var group = new BenchGroup("decode", "at all", [Way("slow", 12), Way("fast", 6), Wrong], HasColdRows: true);

        IReadOnlyList<ComparisonRow> rows = new Comparison([Device(backend)]).Measure(group, TimeSpan.FromSeconds(0.5), CancellationToken.None);

        rows.Select(row => row.Name).Should().Equal(
            "slow, fp32, cold", "slow, fp32, warm", "fast, fp32, cold", "fast, fp32, warm", "wrong, fp32, warm");
        rows.Take(4).Should().OnlyContain(row => row.Samples >= 5 && row.LowerQuartileMilliseconds <= row.UpperQuartileMilliseconds);
        (rows[4].Verified, rows[4].HasRun, rows[4].MedianMilliseconds).Should().Be((false, true, null));
        using var text = new StringWriter();
        ComparisonTable.Write(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(text) }), ComparisonGroup.Of(rows).Single());
        text.ToString().Should().Contain("on this machine, from memory: ").And.Contain("fast, fp32").And.Contain("FAILED");
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Who_asks_to_stop_gets_what_there_is(Backend backend)
    {
        using var cancellation = new CancellationTokenSource();
        BenchCase stops = new("stops", DataType.Float32, row => row.Check = () =>
        {
            cancellation.Cancel();
            return new Accuracy(2, 1);
        });

        new Comparison([Device(backend)]).Measure(new("nothing", "at all", [stops, Wrong], false), _share, cancellation.Token)
            .Select(row => row.Variant).Should().Equal("stops");
    }

    private static BenchCase Wrong => new("wrong", DataType.Float32, row => row.Check = () => new Accuracy(double.NaN, 1));

    private static BenchCase Way(string name, int milliseconds) => new(name, DataType.Float32, row =>
    {
        row.MakeCopies(row.CacheBytes / 3.0, () => 0);
        row.Work = new Work(0, 1e6, Traffic.Read);
        row.Queue = _ => Thread.Sleep(milliseconds);
        row.Check = () => new Accuracy(0, 1);
    });
}
