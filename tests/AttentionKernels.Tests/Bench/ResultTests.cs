using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Xunit;
using static AttentionKernels.Tests.Bench.SampleRuns;

namespace AttentionKernels.Tests.Bench;

/// <summary>The files of a run of benchmarks: what is written is read, and tables say what is in them.</summary>
[Trait("Speed", "Quick")]
public sealed class ResultTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-results");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_run_is_read_as_it_was_written()
    {
        BenchRun run = Run(Row("cpu:0", "tiled", 2) with { Baseline = new RowComparison(1.2, 1.1, 1.3, 1.01, Verdict.Regression), Note = "a \"note\"" });
        new ResultFolder(_folder).Write(run);

        BenchRun.Read(Path.Combine(_folder.FullName, "results.json")).Should().BeEquivalentTo(run);
        _folder.GetFiles().Select(file => file.Name).Should().BeEquivalentTo("results.json", "results.csv", "report.md", "report.html");
    }

    [Fact]
    public void What_is_not_finite_is_null()
    {
        new ResultFolder(_folder).Write(Run(Row("cpu:0", "tiled", 2) with { MaximumError = double.NaN, GigabytesPerSecond = double.PositiveInfinity }));

        BenchRow row = BenchRun.Read(Path.Combine(_folder.FullName, "results.json")).Rows.Single();
        row.MaximumError.Should().BeNull();
        row.GigabytesPerSecond.Should().BeNull();
    }

    [Theory]
    [InlineData("no json", "*not a results.json*")]
    [InlineData("{}", "*not a results.json*")]
    [InlineData("null", "*schema*must have 1*")]
    public void What_is_no_run_is_refused(string text, string message)
    {
        string file = Path.Combine(_folder.FullName, "other.json");
        File.WriteAllText(file, text);

        FluentActions.Invoking(() => BenchRun.Read(file)).Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [Fact]
    public void A_run_of_another_schema_is_refused()
    {
        string file = Path.Combine(_folder.FullName, "other.json");
        using (FileStream stream = File.Create(file))
            (Run() with { Schema = 99 }).Write(stream);

        FluentActions.Invoking(() => BenchRun.Read(file)).Should().Throw<InvalidDataException>().WithMessage("*schema 99*must have 1*");
    }

    [Fact]
    public void Cells_with_commas_and_quotes_are_quoted()
    {
        string[] lines = CsvTable.Of(BenchReport.Of(Run(Row("cpu:0", "tiled, \"large\"", 2)))).TrimEnd('\n').Split('\n');

        lines.Should().HaveCount(2);
        lines[1].Should().StartWith("cpu:0,decode,heads=1 keys=2 dim=8,\"tiled, \"\"large\"\"\",fp32,Cold,Vector,2,1.5,2.5,3,True,");
        lines[1].Replace("\"tiled, \"\"large\"\"\"", "", StringComparison.Ordinal).Split(',').Should().HaveSameCount(lines[0].Split(','));
    }

    [Fact]
    public void Devices_stand_side_by_side_and_the_fastest_is_named()
    {
        var table = new GroupTable([Row("cpu:0", "tiled", 4), Row("opencl:0", "tiled", 2), Row("cpu:0", "paged", 3), Row("opencl:0", "paged", 6)]);

        table.Title.Should().Be("decode · heads=1 keys=2 dim=8");
        table.Headings.Should().Equal(
            "Variant", "Type", "Cache", "Memory", "cpu:0", "Quartiles", "GB/s", "Of ceiling", "opencl:0", "Quartiles", "GB/s", "Of ceiling");
        table.Lines.Should().HaveCount(2).And.OnlyContain(line => line.Length == table.Headings.Count);
        table.Lines[0].Should().Equal(
            "tiled", "fp32", "cold", "3.00 KiB", "4.00 ms", "3.50 ms … 4.50 ms", "12.5", "40.0 % read", "2.00 ms", "1.50 ms … 2.50 ms", "25.0", "40.0 % read");
        table.Conclusion.Should().Be(
            "For decode on this machine, from memory: opencl:0, tiled, fp32 (2.00 ms, 40.0 % of read); cpu:0 takes at best 1.50 times that "
            + "(paged, fp32).");
        table.Remarks.Should().BeEmpty();
    }

    [Fact]
    public void Where_rows_compute_different_things_each_has_its_fastest_device() =>
        new GroupTable([.. new[] { Row("cpu:0", "RMS", 4), Row("opencl:0", "RMS", 5), Row("cpu:0", "batch", 3), Row("opencl:0", "batch", 2) }
            .Select(row => row with { IsChoice = false })])
            .Conclusion.Should().Be("Fastest for decode on this machine, from memory: cpu:0 for RMS; opencl:0 for batch.");

    [Fact]
    public void A_warm_row_is_not_the_fastest_where_others_are_cold() =>
        new GroupTable([Row("cpu:0", "tiled", 4), Row("cpu:0", "tiled", 1) with { Cache = CacheState.Warm }])
            .Conclusion.Should().StartWith("For decode on this machine, from memory: cpu:0, tiled, fp32 (4.00 ms, ");

    [Fact]
    public void What_is_wrong_or_did_not_run_has_no_time_but_a_remark()
    {
        BenchRow untimed = Row("cpu:0", "tiled", 1) with { MedianMilliseconds = null, Verified = false };
        var table = new GroupTable(
        [
            untimed,
            untimed with { Variant = "paged", ErrorBound = null, MaximumError = null, Note = "no memory" },
            untimed with { Variant = "naive", Note = "failed while it was timed: no device" },
        ]);

        table.Lines.Select(line => line[4]).Should().Equal("WRONG", "not run", "failed");
        table.Remarks.Should().SatisfyRespectively(
            wrong => wrong.Should().Contain("tiled").And.Contain("WRONG: the largest error is 0.5, and 1 is allowed"),
            missing => missing.Should().Contain("paged").And.Contain("not run: no memory"),
            failed => failed.Should().Contain("naive").And.EndWith(": failed while it was timed: no device"));
        table.Conclusion.Should().Be("Nothing was timed.");
    }

    [Fact]
    public void A_report_has_a_table_of_each_group_and_says_whether_it_is_complete()
    {
        BenchRun run = Run(Row("cpu:0", "tiled", 4), Row("cpu:0", "naive", 4) with { Operation = "prefill" });

        string report = MarkdownReport.Of(BenchReport.Of(run));
        report.Should().Contain("## decode · heads=1").And.Contain("## prefill · heads=1").And.Contain("| tiled | fp32 | cold | 3.00 KiB | 4.00 ms |")
            .And.Contain("A processor, 2 threads").And.NotContain("Not complete");
        MarkdownReport.Of(BenchReport.Of(run with { Complete = false })).Should().Contain("Not complete");
    }

    [Fact]
    public void Rates_are_drawn_where_there_are_any()
    {
        var folder = new ResultFolder(_folder);
        string chart = Path.Combine(_folder.FullName, "rates.png");

        folder.Draw(BenchReport.Of(Run(Row("cpu:0", "launch", 1) with { GigabytesPerSecond = null })));
        File.Exists(chart).Should().BeFalse();

        folder.Draw(BenchReport.Of(Run(Row("cpu:0", "tiled", 4), Row("cpu:0", "naive", 4) with { Operation = "prefill" })));
        File.ReadAllBytes(chart).Take(4).Should().Equal(0x89, (byte)'P', (byte)'N', (byte)'G');
    }
}
