using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>What became of the mutants of a case.</summary>
internal sealed class MutationResults
{
    private readonly List<(string Place, MutationOutcome Outcome)> _mutants = [];

    private MutationResults()
    {
    }

    /// <summary>How many there are.</summary>
    public int Count => _mutants.Count;

    /// <summary>How many a check or a result caught.</summary>
    public int Caught => _mutants.Count(mutant => mutant.Outcome != MutationOutcome.Survived);

    /// <summary>Those that nothing noticed: kind and place, and how many there are of it.</summary>
    public IReadOnlyDictionary<string, int> Survivors => _mutants.Where(mutant => mutant.Outcome == MutationOutcome.Survived)
        .GroupBy(mutant => mutant.Place).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>Runs the mutants of a case; after one that ends the process another one goes on.</summary>
    public static MutationResults Of(string name)
    {
        var results = new MutationResults();
        bool died;
        do
        {
            string[] lines = ChildProcess.RunMutants(name, results.Count);
            results._mutants.AddRange(lines.Chunk(2).Select(pair =>
                (pair[0], pair.Length == 1 ? MutationOutcome.Crash : Enum.Parse<MutationOutcome>(pair[1]))));
            died = lines.Length % 2 == 1;
        }
        while (died);
        return results;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Count} mutants, {Caught} caught: "
        + string.Join(", ", _mutants.GroupBy(mutant => mutant.Outcome).Select(group => $"{group.Count()} {group.Key}"));
}
