using System.Diagnostics;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>How long the rows may take: each as long as it likes up to a limit, and all together about as long as planned.</summary>
/// <param name="total">For all rows.</param>
/// <param name="perRow">For the samples of one row.</param>
internal sealed class TimeBudget(TimeSpan total, TimeSpan perRow)
{
    private readonly long start = Stopwatch.GetTimestamp();

    /// <summary>The time for the samples of the next row.</summary>
    /// <param name="rowsLeft">The rows that are still to be measured, the next one included.</param>
    public TimeSpan Share(int rowsLeft)
    {
        TimeSpan even = (total - Stopwatch.GetElapsedTime(start)) / rowsLeft;
        return even < TimeSpan.Zero ? TimeSpan.Zero : even < perRow ? even : perRow;
    }
}
