using System.Text.Json;
using System.Text.RegularExpressions;
using AttentionKernels.Bench;
using AttentionKernels.Problems;
using FluentAssertions;
using Xunit;
using static AttentionKernels.Tests.Bench.SampleRuns;

namespace AttentionKernels.Tests.Bench;

/// <summary>The page of a report: all rows are in it, as text and for charts, and it is complete in itself.</summary>
[Trait("Speed", "Quick")]
public class HtmlReportTests
{
    private const string Hostile = "</script><script>alert('1')</script> & \"more\"";

    [Fact]
    public void Every_row_is_in_a_table_and_in_the_data_of_the_charts()
    {
        BenchRow[] rows =
        [
            Row("cpu:0", "tiled", 2), Row("opencl:0", "tiled", 3), Row("cpu:0", "tiled", 4) with { Cache = CacheState.Warm },
            Row("cpu:0", "RMSNorm", 5) with { Operation = "norm", Shape = "16 × 32", IsChoice = false },
        ];
        string page = PageOf(Run(rows));

        foreach (string time in (string[])["2.00 ms", "3.00 ms", "4.00 ms", "5.00 ms"])
            page.Should().Contain($"<td>{time}</td>");
        page.Should().Contain("For decode on this machine, from memory: cpu:0, tiled, fp32 (2.00 ms").And.Contain("A processor, 2 threads")
            .And.NotContain("Not complete");
        ChartRow[] drawn =
        [
            .. DataOf(page).GetProperty("rows").EnumerateArray().Select(row => row.Deserialize(ChartJson.Default.ChartRow)!),
        ];
        drawn.Select(row => row.Row.Key).Should().Equal(rows.Select(row => row.Key));
        drawn.Select(row => row.Group).Should().Equal(0, 0, 0, 1);
        drawn.Should().OnlyContain(row => row.Row.Samples.Count == 0 && row.Row.Operations == 1e7 && row.Row.Bytes == 5e7);
        PageOf(Run(rows) with { Complete = false }).Should().Contain("Not complete");
    }

    [Fact]
    public void What_names_hold_is_text_and_ends_no_script()
    {
        BenchRow wrong = Row("cpu:0", Hostile, 2) with { Verified = false, MedianMilliseconds = null };
        string page = PageOf(Run(Row("cpu:0", Hostile, 2), wrong with { Operation = Hostile }));

        Regex.Count(page, "</script").Should().Be(3, "data, library and charts are a script each");
        Regex.Count(page, "<script").Should().Be(3);
        page.Should().Contain("&lt;/script&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;");
        DataOf(page).GetProperty("rows")[0].GetProperty("row").GetProperty("variant").GetString().Should().Be(Hostile);
    }

    [Fact]
    public void Nothing_is_loaded_from_anywhere()
    {
        string page = PageOf(Run(Row("cpu:0", "tiled", 2)));

        page.Should().Contain("default-src 'none'").And.NotContain("http:").And.NotContain("https:").And.NotContain("src=")
            .And.NotContain("url(").And.NotContain("<link").And.NotContain("@import");
        Regex.Matches(page, "href=\"(.)").Select(link => link.Groups[1].Value).Should().NotBeEmpty().And.OnlyContain(first => first == "#");
    }

    [Fact]
    public void The_library_of_the_charts_is_in_the_page_and_the_page_is_small_enough_to_send()
    {
        using var stream = new MemoryStream();
        HtmlReport.Write(stream, BenchReport.Of(Run(Row("cpu:0", "tiled", 2))));

        stream.Length.Should().BeInRange(1 << 20, 5_000_000);
        string page = System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
        page.Should().StartWith("<!DOCTYPE html>").And.Contain("plotly.js v");
        Regex.Count(page, "</script").Should().Be(3);
    }

    [Fact]
    public void The_script_of_the_charts_asks_rows_for_nothing_that_they_do_not_have()
    {
        string page = PageOf(Run(Row("cpu:0", "tiled", 2)));

        JsonElement row = DataOf(page).GetProperty("rows")[0];
        string[] names = [.. row.EnumerateObject().Concat(row.GetProperty("row").EnumerateObject()).Select(property => property.Name)];
        string[] asked = [.. Regex.Matches(page, @"\brow\??\.([a-zA-Z]+)").Select(match => match.Groups[1].Value).Distinct()];
        asked.Should().Contain("medianMs").And.BeSubsetOf(names);
        JsonElement ceilings = DataOf(page).GetProperty("devices")[0].GetProperty("ceilings");
        ceilings.GetProperty("readGigabytesPerSecond").GetDouble().Should().Be(50);
        ceilings.GetProperty("fmaGigaflopsPerSecond").GetDouble().Should().Be(400);
    }

    [Theory]
    [InlineData("heads=32/8 queries=1 keys=4096 dim=128", "decode · heads=32/8 queries=1 dim=128", 4096)]
    [InlineData("heads=8 keys=512 dim=64 mask=window:256", "decode · heads=8 dim=64 mask=window:256", 512)]
    [InlineData("1024 × 32 heads × 128", "decode · 32 heads × 128", 1024)]
    [InlineData("64 numbers, time of one launch", null, null)]
    public void Rows_that_differ_in_their_length_alone_are_a_family(string shape, string? family, int? length)
    {
        var row = ChartRow.Of(Row("cpu:0", "tiled", 1) with { Shape = shape }, group: 0);

        (row.Family, row.Length).Should().Be((family, length));
    }

    private static string PageOf(BenchRun run) => HtmlReport.Of(BenchReport.Of(run), library: "");

    private static JsonElement DataOf(string page)
    {
        Match data = Regex.Match(page, "<script type=\"application/json\" id=\"data\">(.*?)</script>", RegexOptions.Singleline);
        return JsonDocument.Parse(data.Groups[1].Value).RootElement;
    }
}
