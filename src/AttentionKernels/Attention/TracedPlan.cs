using AttentionKernels.Attention.Variants;
using AttentionKernels.Devices;

namespace AttentionKernels.Attention;

/// <summary>What all runs of a plan have in common for who traces shapes.</summary>
/// <param name="Shape">The shape, whose lengths are still to come.</param>
internal sealed record TracedPlan(TracedShape Shape)
{
    private const int MostElementsOfHead = 512;

    /// <summary>Describes a plan.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="modifier">The name of the score modifier; <see langword="null"/> where it changes nothing.</param>
    public static TracedPlan Of(AttentionProblem problem, object mask, string? modifier)
    {
        (Type element, Type key, Type value) = problem.Formats;
        NumberFormat queries = FormatOf(element), keys = FormatOf(key), values = FormatOf(value);

        // Queries of the benchmarks are as the keys are stored, or fp32 where tensors cannot be stored so.
        NumberFormat[] ofTensors = [NumberFormat.Float32, NumberFormat.Float16, NumberFormat.BFloat16];
        NumberFormat expected = ofTensors.Contains(keys) ? keys : NumberFormat.Float32;
        string?[] remarks =
        [
            MaskWord.Of(mask) is null ? $"the mask is {KernelTypes.Name(mask.GetType())}" : null,
            modifier is null ? null : $"the modifier {modifier} is left out",
            problem.ValueDimension == problem.HeadDimension ? null : $"values have dimension {problem.ValueDimension}",
            queries == expected ? null : $"queries are {queries.Word}",
            values == keys ? null : $"values are {values.Word}",
            problem.HeadDimension <= MostElementsOfHead ? null : $"dim is at most {MostElementsOfHead} there",
        ];
        return new TracedPlan(new TracedShape(Operation: null, Queries: 0, problem.HeadDimension, keys.Word)
        {
            Heads = problem.Heads,
            KeyValueHeads = problem.KeyValueHeads,
            Mask = MaskWord.Around(mask),
            Remark = string.Join("; ", remarks.Where(remark => remark is not null)),
            IsMeasured = problem.HeadDimension <= MostElementsOfHead,
        });
    }

    private static NumberFormat FormatOf(Type type) => NumberFormat.All.First(format => format.Type == type);
}
