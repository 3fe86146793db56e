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
/// A backend that is absent gives no rows: <see cref="BackendTests"/> says so, once. One that the environment variable
/// <see cref="Backends.RequireVariable"/> names gives its rows, which then fail. CUDA has no rows of the Vector schedule, which its devices do
/// not run.
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

    /// <summary>Leaves out all but CUDA: what is made of the instructions of its warps.</summary>
    public bool CudaOnly { get; init; }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        List<object?[]> cases = Cases is null ? [[.. Values]] : ReadCases(testMethod.ReflectedType!, Cases);
        Backend[] backends = [.. Enum.GetValues<Backend>().Where(Takes)];
        ITheoryDataRow[] rows = [.. backends.Where(Backends.IsWanted).SelectMany(backend => cases.Where(row => Runs(backend, row)).Select(row => Row(backend, row)))];

        // A theory must have a row, and without any of its backends it has one that is skipped.
        return new(rows.Length > 0 ? rows : [new TheoryDataRow([backends[0], .. cases[0]]) { Skip = Backends.Absence(backends[0]) }]);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;

    private bool Takes(Backend backend) =>
        !(ProcessorsOnly && backend == Backend.Cuda) && !(DriversOnly && backend == Backend.Cpu) && !(CudaOnly && backend != Backend.Cuda);

    private static bool Runs(Backend backend, object?[] row) => !(backend == Backend.Cuda && row.Contains(KernelSchedule.Vector));

    private static TheoryDataRow Row(Backend backend, object?[] row) => new([backend, .. row]);

    private static List<object?[]> ReadCases(Type type, string name)
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy;
        object? cases = type.GetProperty(name, Static) is { } property ? property.GetValue(null)
            : type.GetMethod(name, Static, []) is { } method ? method.Invoke(null, null)
            : throw new InvalidOperationException($"{type.Name} has no static property or method '{name}' without parameters.");
        return [.. ((IEnumerable)cases!).Cast<object?>().Select(row => row as object?[] ?? [row])];
    }
}
