using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>
/// Barriers, waits and bounds of CUDA kernels are there for a reason: without any one of them, a check of the emulated driver or a wrong
/// result shows it. What does not show is in <see cref="KnownSurvivors"/>.
/// </summary>
public class MutationTests(ITestOutputHelper output)
{
    private const double LeastScore = 0.95;

    public static TheoryData<string> Cases => [.. MutationCases.All.Select(covering => covering.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void What_is_dropped_is_missed(string name)
    {
        Assert.SkipUnless(Backends.CudaIsEmulated, "Only the emulated CUDA driver checks what kernels do.");
        var results = MutationResults.Of(name);
        output.WriteLine(results.ToString());

        results.Survivors.Should().BeEquivalentTo(KnownSurvivors.Of(name), "a case covers others, or they are removed");
        int harmful = results.Count - KnownSurvivors.HarmlessOf(name);
        results.Caught.Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(LeastScore * harmful));
        WriteOrVerify($"| {name} | {results.Count} | {KnownSurvivors.HarmlessOf(name)} | {results.Caught} of {harmful} |");
    }

    [Fact]
    public void Every_kernel_has_a_case() => CudaKernels.All.Values.Select(kernel => CudaKernels.Family(kernel.Type)).Distinct()
        .Should().BeEquivalentTo(MutationCases.All.Select(covering => covering.Kernel).Distinct());

    // The line of docs/cuda.md that has the score of a case.
    private static void WriteOrVerify(string line)
    {
        string path = Path.Combine(Repository.Root, "docs", "cuda.md");
        string[] lines = File.ReadAllLines(path);
        if (Environment.GetEnvironmentVariable(GoldenTests.UpdateVariable) != "1")
        {
            lines.Should().Contain(line, $"{GoldenTests.UpdateVariable}=1 writes it");
            return;
        }

        string head = line[..line.IndexOf(" | ", StringComparison.Ordinal)];
        int table = Array.FindIndex(lines, text => text.StartsWith("| Mutants of |", StringComparison.Ordinal));
        int own = Array.FindIndex(lines, table, text => text.StartsWith(head, StringComparison.Ordinal));
        lines[own] = line;
        File.WriteAllLines(path, lines);
    }
}
