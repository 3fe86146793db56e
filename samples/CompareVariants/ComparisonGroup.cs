namespace AttentionKernels.Samples.CompareVariants;

/// <summary>The rows that may be compared with each other: one operation on one shape, by every variant on every device.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Rows">The rows, in the order in which they were measured.</param>
internal sealed record ComparisonGroup(string Operation, string Shape, IReadOnlyList<ComparisonRow> Rows)
{
    /// <summary>Operation and shape, to be read above the rows.</summary>
    public string Title => $"{Operation} · {Shape}";

    /// <summary>Groups rows; groups and their rows keep their order.</summary>
    public static IReadOnlyList<ComparisonGroup> Of(IEnumerable<ComparisonRow> rows) =>
    [
        .. rows.GroupBy(row => (row.Operation, row.Shape))
            .Select(group => new ComparisonGroup(group.Key.Operation, group.Key.Shape, [.. group])),
    ];

    /// <summary>How many times as fast as naive on the same device a row is, from the same cache where naive was measured so;
    /// <see langword="null"/> without both times.</summary>
    public double? SpeedupOf(ComparisonRow row) =>
        Rows.Where(other => other.IsNaive && other.Device == row.Device).OrderByDescending(other => other.Cache == row.Cache)
            .FirstOrDefault()?.MedianMilliseconds / row.MedianMilliseconds;
}
