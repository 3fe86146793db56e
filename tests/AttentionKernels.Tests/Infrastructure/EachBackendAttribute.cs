using System.Collections;
using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// Runs a theory on every backend. The first argument of the test is the <see cref="Backend"/>; the others, if any, are the values given
/// here, or each row of the member that <see cref="Cases"/> names.
/// </summary>
/// <remarks>
/// A backend that is absent gives one skipped row per theory, not one per case, and none where the environment variable
/// <see cref="Backends.RequireVariable"/> says what has to be there. One that it names gives its rows, which then fail. CUDA has no rows
/// of the Vector schedule, which its devices do not run.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EachBackendAttribute(params object?[] values) : DataAttribute
{
    /// <summary>The arguments after the backend, the same for all.</summary>
    public IReadOnlyList<object?> Values { get; } = values;

    /// <summary>A static property or method of the test's class, without parameters: a sequence of cases, each a value or an array of values.</summary>
    public string? Cases { get; init; }

    /// <summary>Leaves out CUDA, whose devices do not run the Vector schedule.</summary>
    public bool ProcessorsOnly { get; init; }

    /// <summary>Leaves out the managed CPU, which has a thread for each of a work group's: too slow for large cases.</summary>
    public bool DriversOnly { get; init; }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        IReadOnlyList<object?[]> cases = Cases is null ? [[.. Values]] : ReadCases(testMethod.ReflectedType!, Cases);
        return new([.. Enum.GetValues<Backend>().Where(Takes).SelectMany(backend => Rows(backend, [.. cases.Where(row => Runs(backend, row))]))]);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;

    private bool Takes(Backend backend) => !(ProcessorsOnly && backend == Backend.Cuda) && !(DriversOnly && backend == Backend.Cpu);

    private static bool Runs(Backend backend, object?[] row) => !(backend == Backend.Cuda && row.Contains(KernelSchedule.Vector));

    private static IEnumerable<ITheoryDataRow> Rows(Backend backend, IReadOnlyList<object?[]> cases)
    {
        if (Backends.Find(backend) is not null || Backends.IsRequired(backend))
            return cases.Select(row => new TheoryDataRow([backend, .. row]));
        return Backends.AnyIsRequired || cases.Count == 0 ? [] : [new TheoryDataRow([backend, .. cases[0]]) { Skip = Backends.Absence(backend) }];
    }

    private static List<object?[]> ReadCases(Type type, string name)
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy;
        object? cases = type.GetProperty(name, Static) is { } property ? property.GetValue(null)
            : type.GetMethod(name, Static, []) is { } method ? method.Invoke(null, null)
            : throw new InvalidOperationException($"{type.Name} has no static property or method '{name}' without parameters.");
        return [.. ((IEnumerable)cases!).Cast<object?>().Select(row => row as object?[] ?? [row])];
    }
}
