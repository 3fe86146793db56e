using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>The command line of the benchmarks: devices, types, filters, and what is refused.</summary>
[Trait("Speed", "Quick")]
public class OptionsTests
{
    private static readonly string[] _usable = ["cuda:0", "opencl:0", "cpu:0"];

    [Theory]
    [InlineData("cuda:0 opencl:0 cpu:0")]
    [InlineData("cuda:0 opencl:0 cpu:0", "all")]
    [InlineData("cuda:0 opencl:0 cpu:0", "ALL")]
    [InlineData("cpu opencl:0", "cpu, opencl:0")]
    [InlineData("cpu opencl:0", "cpu", "opencl:0,CPU")]
    [InlineData("cpu:0 cuda:0 opencl:0", "cpu:0,all")]
    public void Devices_are_listed_once_in_the_order_of_the_lists(string expected, params string[] lists) =>
        string.Join(' ', DeviceList.Parse(lists, _usable)).Should().Be(expected);

    [Theory]
    [InlineData("cpu,")]
    [InlineData(",")]
    [InlineData(" ")]
    public void A_blank_is_no_device(string list) =>
        FluentActions.Invoking(() => DeviceList.Parse([list], _usable)).Should().Throw<FormatException>().WithMessage("*it must be all, or devices*");

    [Theory]
    [InlineData("decode", "decode · heads=8 · tiled", true)]
    [InlineData("TILED", "decode · heads=8 · tiled", true)]
    [InlineData("decode*", "paged decode · heads=8", false)]
    [InlineData("*decode*", "paged decode · heads=8", true)]
    [InlineData("decode ? heads=?*", "decode · heads=8 · tiled", true)]
    [InlineData("heads=8/2", "decode · heads=8/2", true)]
    [InlineData("heads=8.2", "decode · heads=8/2", false)]
    [InlineData("*", "", true)]
    public void Filters_are_patterns_as_those_of_files(string pattern, string name, bool matches) =>
        new Glob(pattern).Matches(name).Should().Be(matches);

    [Fact]
    public void Arguments_become_options()
    {
        Options? read = null;
        int code = Options.Run(
            ["full", "--device", "cpu,opencl", "--dtype", "fp16,INT8", "--shape", "heads=8 keys=16 dim=64", "--model", "GPT-2", "--seconds", "20"],
            options =>
            {
                read = options;
                return 7;
            },
            _ => 0);

        code.Should().Be(7);
        read!.Suite.Should().Be("full");
        read.Devices.Should().Equal("cpu,opencl");
        read.Types.Select(type => type.Name).Should().Equal("fp16", "int8");
        read.Shapes.Select(shape => shape.ToString()).Should().Equal(
            "heads=8 keys=16 dim=64", "heads=12 keys=1024 dim=64", "heads=12 queries=1 keys=1024 dim=64");
        read.Budget.Should().Be(TimeSpan.FromSeconds(20));
        read.Baseline.Should().BeNull();
        read.Opens.Should().BeFalse();
    }

    [Fact]
    public void Kernels_are_shown_where_they_are_named_and_listed_where_they_are_not()
    {
        Dump("--device", "cpu").Should().BeNull();
        Dump("--dump").Should().Be(new DumpRequest(null, null));
        DumpRequest named = Dump("--dump", "Softmax", "--capability", "8.0")!;
        named.Kernels!.Matches("SoftmaxSimt").Should().BeTrue();
        named.Capability.Should().Be(80);
        Dump("--capability", "sm_90", "--dump")!.Capability.Should().Be(90);

        static DumpRequest? Dump(params string[] arguments)
        {
            DumpRequest? read = null;
            Options.Run(
                arguments,
                options =>
                {
                    read = options.Dump;
                    return 0;
                },
                _ => 1).Should().Be(0);
            return read;
        }
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("--dtype", "fp17")]
    [InlineData("--shape", "heads=8")]
    [InlineData("--model", "GPT")]
    [InlineData("--device", " ")]
    [InlineData("--baseline", "no-such-file.json")]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "soon")]
    [InlineData("--replay", "no-such-file.txt")]
    [InlineData("--capability", "8.0")]
    [InlineData("--dump", "Softmax", "--capability", "eight")]
    [InlineData("--dump", "Softmax", "--dtype", "int8")]
    [InlineData("--dump", "Softmax", "--dtype", "fp16,bf16")]
    [InlineData("--dump", "Softmax", "--shape", "heads=1 keys=2 dim=8")]
    [InlineData("full", "--dump", "Softmax")]
    [InlineData("--fast")]
    [InlineData("compare")]
    [InlineData("compare", "a.json", "--dtype", "fp16")]
    public void What_is_wrong_runs_nothing_and_is_1(params string[] arguments) =>
        Options.Run(arguments, _ => 0, _ => 0).Should().Be(1);

    [Fact]
    public void Runs_to_compare_are_files_and_nothing_is_measured()
    {
        ComparisonOptions? read = null;
        int code = Options.Run(["compare", "a.json", "b", "--output", "both", "--open"], _ => 0, options =>
        {
            read = options;
            return 7;
        });

        code.Should().Be(7);
        read!.Files.Should().Equal("a.json", "b");
        read.Folder!.Name.Should().Be("both");
        read.Opens.Should().BeTrue();
    }

    [Fact]
    public void Every_suite_has_groups_whose_rows_have_names_of_their_own()
    {
        foreach (string suite in Suites.Names)
        {
            string[] names = [.. Suites.Groups(suite, []).SelectMany(group => group.Cases.Select(group.NameOf))];
            names.Should().NotBeEmpty().And.OnlyHaveUniqueItems(suite);
        }

        Suites.Groups("full", [DataType.Find("int4")]).SelectMany(group => group.Cases)
            .Should().NotBeEmpty().And.OnlyContain(item => item.Type.Name == "int4");
    }
}
