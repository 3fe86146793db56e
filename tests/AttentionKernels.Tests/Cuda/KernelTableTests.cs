using System.Globalization;
using System.Text.RegularExpressions;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// The table of kernels in docs/cuda.md is what the assembler makes of them now. This writes it anew:
/// <c>ATTENTIONKERNELS_UPDATE_GOLDEN=1 dotnet test tests/AttentionKernels.Tests --filter KernelTableTests</c>
/// </summary>
/// <remarks>ptxas is erratic: one instruction more moves some registers and addresses. Numbers may differ by a tenth, small ones by two.</remarks>
public partial class KernelTableTests
{
    private const string Begin = "<!-- kernels -->\n";
    private const string End = "<!-- end of kernels -->\n";
    private const double Band = 0.1;
    private const double SmallBand = 2;

    [Fact]
    public void The_table_is_what_the_assembler_makes_of_kernels_now()
    {
        CudaAssembler.SkipWithout();
        string[] lines = [.. KernelTable.Lines()];
        string path = Path.Combine(Repository.Root, "docs", "cuda.md");
        string document = File.ReadAllText(path).ReplaceLineEndings("\n");
        int begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = document.IndexOf(End, StringComparison.Ordinal);
        end.Should().BeGreaterThanOrEqualTo(begin, $"{path} has the table between {Begin} and {End}");
        if (Environment.GetEnvironmentVariable(GoldenTests.UpdateVariable) == "1")
        {
            File.WriteAllText(path, $"{document[..begin]}{string.Concat(lines.Select(line => line + "\n"))}{document[end..]}");
            return;
        }

        string[] written = document[begin..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        written.Select(Words).Should().Equal(lines.Select(Words), $"{GoldenTests.UpdateVariable}=1 writes it");
        foreach ((string was, string now) in written.Zip(lines))
        {
            Numbers(was).Zip(Numbers(now)).Where(pair => Math.Abs(pair.First - pair.Second) > Math.Max(SmallBand, Band * pair.First))
                .Should().BeEmpty($"{GoldenTests.UpdateVariable}=1 writes {now}");
        }
    }

    private static string Words(string line) => Number().Replace(line, "#");

    private static double[] Numbers(string line) =>
        [.. Number().Matches(line).Select(number => double.Parse(number.ValueSpan, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"\b\d+(\.\d+)?\b")]
    private static partial Regex Number();
}
