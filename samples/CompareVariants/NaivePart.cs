namespace AttentionKernels.Samples.CompareVariants;

/// <summary>
/// Naive attention, which others are compared with: the whole score matrix, then its softmax, then its product with the values. On a
/// processor it may take minutes, so there a part is timed, and its time multiplied by how many times as much the whole is.
/// </summary>
internal static class NaivePart
{
    public const string Variant = "naive";

    /// <summary>What the managed CPU does in about half a second.</summary>
    private const double MostOperations = 7e7;

    /// <summary>Naive attention of a shape.</summary>
    public static BenchCase Of(AttentionShape whole, DataType type, IInputs inputs) => new(Variant, type, row =>
    {
        bool isProcessor = row.Device.Description.Kind is DeviceKind.Cpu or DeviceKind.OpenClCpu;
        AttentionShape part = isProcessor ? Shrink(whole) : whole with { Common = 0 };
        AttentionGroups.Problem(part, inputs).Contiguous(Variant, type, AttentionAlgorithm.Naive).Prepare(row);
        row.Scale = (double)whole.AllowedPairs / part.AllowedPairs;
        row.Work = row.Work with { FloatingPointOperations = whole.FloatingPointOperations, Bytes = row.Work.Bytes * row.Scale };
        row.WorkspaceBytes *= whole.Query.ElementCount / part.Query.ElementCount;
        if (row.Scale > 1)
            row.Note = $"timed and checked on {Describe(part, whole)}; median and extra are scaled";
    });

    // Whole sequences first, then whole heads, and then the last queries, which see the most keys.
    private static AttentionShape Shrink(AttentionShape whole)
    {
        AttentionShape part = whole with { Common = 0 };
        while (part.FloatingPointOperations > MostOperations)
        {
            if (part.Batch > 1)
                part = part with { Batch = part.Batch / 2 };
            else if (part.Heads > 1)
                part = OfHeads(part, whole, part.Heads / 2);
            else if (part.Queries > 1)
                part = part with { Queries = part.Queries / 2 };
            else
                break;
        }

        return part;
    }

    // As many heads over a kv head as there are of the whole, or all of these heads.
    private static AttentionShape OfHeads(AttentionShape part, AttentionShape whole, int heads)
    {
        int headGroup = whole.Heads / whole.KeyValueHeads;
        return heads >= headGroup
            ? part with { Heads = heads / headGroup * headGroup, KeyValueHeads = heads / headGroup }
            : part with { Heads = heads, KeyValueHeads = 1 };
    }

    private static string Describe(AttentionShape part, AttentionShape whole) => string.Join(", ", new[]
    {
        (part.Batch, whole.Batch, "sequences"), (part.Heads, whole.Heads, "heads"), (part.Queries, whole.Queries, "queries"),
    }.Where(size => size.Item1 < size.Item2).Select(size => $"{size.Item1} of {size.Item2} {size.Item3}"));
}
