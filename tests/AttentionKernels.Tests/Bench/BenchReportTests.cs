using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Spectre.Console;
using Xunit;
using static AttentionKernels.Tests.Bench.SampleRuns;

namespace AttentionKernels.Tests.Bench;

/// <summary>
/// Runs of several machines in one report: rows that are the same stand side by side, and files that are no runs are refused.
/// </summary>
[Trait("Speed", "Quick")]
public sealed class BenchReportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-compare");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_same_rows_of_two_machines_stand_in_one_line()
    {
        string first = Written("first.json", OfCpu(Run(
            Row("cpu:0", "tiled", 4) with { Baseline = new RowComparison(1, 1, 1, 1, Verdict.Same) }, Row("cpu:0", "paged", 3))));
        string second = Written("second.json", OfCpu(Run(
            Row("cpu:0", "tiled", 2), Row("cpu:0", "tiled", 1) with { DataType = "fp16" },
            Row("cpu:0", "tiled", 1) with { Cache = CacheState.Warm })));

        BenchReport report = BenchReport.Read([first, second]);

        report.Devices.Select(device => device.Selector).Should().Equal("A cpu:0", "B cpu:0");
        GroupTable table = report.Groups.Single();
        table.Headings.Should().Equal(
            "Variant", "Type", "Cache", "Memory", "A cpu:0", "Quartiles", "GB/s", "Of ceiling", "B cpu:0", "Quartiles", "GB/s", "Of ceiling");
        table.Lines.Select(line => (line[0], line[1], line[2], line[4], line[8])).Should().Equal(
            ("tiled", "fp32", "cold", "4.00 ms", "2.00 ms"), ("paged", "fp32", "cold", "3.00 ms", "-"),
            ("tiled", "fp16", "cold", "-", "1.00 ms"), ("tiled", "fp32", "warm", "-", "1.00 ms"));
        table.Conclusion.Should().StartWith("For decode among these machines, from memory: B cpu:0, tiled, fp16 (1.00 ms");
    }

    [Fact]
    public void Each_row_says_its_machine_in_every_form_of_the_report()
    {
        string first = Written("first.json", Run(Row("cpu:0", "tiled", 4)));
        BenchRun other = Run(Row("cpu:0", "tiled", 2));
        string second = Written("second.json", other with { Machine = other.Machine with { Processor = "Another processor" } });
        var folder = new DirectoryInfo(Path.Combine(_folder.FullName, "both"));

        new ResultFolder(folder).Write(BenchReport.Read([first, second]));

        folder.GetFiles().Select(file => file.Name).Should().BeEquivalentTo("results.csv", "report.md", "report.html");
        string[] rows = File.ReadAllLines(Path.Combine(folder.FullName, "results.csv"));
        rows.Select(row => row.Split(',')).Select(cells => (cells[0], cells[^1])).Should().Equal(
            ("device", "machine"), ("A cpu:0", "A A processor"), ("B cpu:0", "B Another processor"));
        foreach (string name in (string[])["report.md", "report.html"])
        {
            File.ReadAllText(Path.Combine(folder.FullName, name)).Should().Contain("A: A processor, 2 threads").And.Contain(first)
                .And.Contain("B: Another processor, 2 threads").And.Contain(second);
        }
    }

    [Fact]
    public void Devices_that_are_too_many_for_a_line_stand_below_each_other()
    {
        string file = Written("run.json", Run(Row("cpu:0", "tiled", 4), Row("opencl:0", "tiled", 2)));

        GroupTable table = BenchReport.Read([file, file]).Groups.Single();

        table.Headings.Should().Equal("Variant", "Type", "Cache", "Device", "Median", "Quartiles", "GB/s", "Of ceiling");
        table.Lines.Select(line => (line[3], line[4])).Should().Equal(
            ("A cpu:0", "4.00 ms"), ("A opencl:0", "2.00 ms"), ("B cpu:0", "4.00 ms"), ("B opencl:0", "2.00 ms"));
        table.WordColumns.Should().Be(4);
    }

    [Theory]
    [InlineData(200, "tiled    fp32  cold   3.00 KiB  4.00 ms  3.50 ms … 4.50 ms  12.5  40.0 % read   2.00 ms")]
    [InlineData(80, "tiled    fp32  cold   opencl:0  2.00 ms")]
    public void So_they_do_where_the_console_is_too_narrow(int width, string line)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;

        new ConsoleReport(console).Write(new GroupTable([Row("cpu:0", "tiled", 4), Row("opencl:0", "tiled", 2)]));

        text.ToString().Should().Contain(line).And.Contain("For decode on this machine");
    }

    [Fact]
    public void One_run_is_as_it_was_and_may_be_named_by_its_folder()
    {
        new ResultFolder(_folder).Write(Run(
            Row("cpu:0", "tiled", 4) with { Baseline = new RowComparison(2, 2, 2, 1, Verdict.Regression) }));

        BenchReport report = BenchReport.Read([_folder.FullName]);

        report.IsComparison.Should().BeFalse();
        report.Rows.Single().Device.Should().Be("cpu:0");
        MarkdownReport.Of(report).Should().Contain("REGRESSION");
        MarkdownReport.Of(report).Should().Be(File.ReadAllText(Path.Combine(_folder.FullName, "report.md")));
    }

    [Theory]
    [InlineData(null, "*could not find*")]
    [InlineData("no json", "*not a results.json*")]
    [InlineData("""{"schema": 99}""", "*not a results.json*")]
    [InlineData("[]", "*not a results.json*")]
    public void What_is_no_run_is_refused_by_its_name_and_ends_with_1(string? content, string message)
    {
        string good = Written("good.json", Run(Row("cpu:0", "tiled", 4))), bad = Path.Combine(_folder.FullName, "bad.json");
        if (content is not null)
            File.WriteAllText(bad, content);

        FluentActions.Invoking(() => BenchReport.Read([good, bad])).Should().Throw<Exception>().WithMessage(message)
            .Which.Message.Should().Contain(bad);
        ExitCodeOf("compare", good, bad, "--output", _folder.FullName).Should().Be(1);
        _folder.GetFiles("report.*").Should().BeEmpty();
    }

    [Fact]
    public void A_row_of_a_device_that_the_file_does_not_have_is_refused()
    {
        string file = Written("run.json", Run(Row("cuda:0", "tiled", 4)));

        FluentActions.Invoking(() => BenchReport.Read([file])).Should().Throw<InvalidDataException>()
            .WithMessage("*run.json*cuda:0 · decode*no device cuda:0*");
    }

    [Fact]
    public void What_compares_ends_with_0_and_leaves_all_files()
    {
        string file = Written("run.json", Run(Row("cpu:0", "tiled", 4)));
        var folder = new DirectoryInfo(Path.Combine(_folder.FullName, "both"));

        ExitCodeOf("compare", file, file, "--output", folder.FullName).Should().Be(0);

        folder.GetFiles().Select(found => found.Name).Should().BeEquivalentTo("results.csv", "report.md", "report.html", "rates.png");
    }

    private static BenchRun OfCpu(BenchRun run) => run with { Devices = [run.Devices[0]] };

    private static int ExitCodeOf(params string[] arguments) => (int)typeof(BenchReport).Assembly.EntryPoint!.Invoke(null, [arguments])!;

    private string Written(string name, BenchRun run)
    {
        string file = Path.Combine(_folder.FullName, name);
        using FileStream stream = File.Create(file);
        run.Write(stream);
        return file;
    }
}
