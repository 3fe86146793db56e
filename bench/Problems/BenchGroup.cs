namespace AttentionKernels.Problems;

/// <summary>A way to compute something.</summary>
/// <param name="Variant">What it is called, beside the other ways of its group.</param>
/// <param name="Type">How what it reads is stored.</param>
/// <param name="Prepare">Makes it ready on a device.</param>
internal sealed record BenchCase(string Variant, DataType Type, Action<PreparedRow> Prepare);

/// <summary>Ways to compute the same, or what is worth seeing side by side: they are measured in turn and shown in one table.</summary>
/// <param name="Operation">What is computed.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Cases">The ways.</param>
/// <param name="HasColdRows">Whether memory may be what bounds it: then it is measured with a cold cache too.</param>
/// <param name="IsChoice">Whether the ways compute the same, so that one may be taken for another.</param>
internal sealed record BenchGroup(
    string Operation, string Shape, IReadOnlyList<BenchCase> Cases, bool HasColdRows, bool IsChoice = true)
{
    /// <summary>Operation and shape.</summary>
    public string Title => $"{Operation} · {Shape}";

    /// <summary>A case's name among all: what <c>--list</c> shows and <c>--filter</c> looks at.</summary>
    public string NameOf(BenchCase item) => $"{Title} · {item.Variant} · {item.Type}";

    /// <summary>What patterns leave of groups: the cases whose names match one of them, or all where there is no pattern.</summary>
    public static IEnumerable<BenchGroup> Filter(IEnumerable<BenchGroup> groups, IReadOnlyList<Glob> filters) => groups
        .Select(group => filters.Count == 0 ? group : group with
        {
            Cases = [.. group.Cases.Where(item => filters.Any(filter => filter.Matches(group.NameOf(item))))],
        })
        .Where(group => group.Cases.Count > 0);
}
