using AttentionKernels.Timing;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Runs every variant of every case on every device, and checks and measures each.</summary>
internal static class Comparison
{
    private const int MostSamples = 1000;

    /// <summary>Measures until all is done or <paramref name="cancellation"/> asks to stop, and says on standard error how far it is.</summary>
    /// <param name="devices">The devices.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="budget">How long it may take.</param>
    /// <param name="done">Is given the rows of each case as soon as it has them.</param>
    /// <param name="cancellation">Asks to stop behind the row that is being measured.</param>
    /// <returns>The rows that were measured.</returns>
    public static IReadOnlyList<ComparisonRow> Run(
        IReadOnlyList<AttentionDevice> devices, IEnumerable<ComparisonCase> cases, TimeBudget budget,
        Action<IReadOnlyList<ComparisonRow>> done, CancellationToken cancellation)
    {
        // What is done leaves the queue, and its inputs leave the memory.
        var queue = new Queue<ComparisonCase>(cases);
        int total = devices.Count * queue.Sum(item => item.Variants.Count);
        List<ComparisonRow> rows = [];
        while (!cancellation.IsCancellationRequested && queue.TryDequeue(out ComparisonCase? item))
        {
            int first = rows.Count;
            foreach (AttentionDevice device in devices)
            {
                foreach (string variant in item.Variants)
                {
                    if (cancellation.IsCancellationRequested)
                        break;
                    Console.Error.WriteLine(
                        $"[{rows.Count + 1}/{total}] {device.Description.Selector} {item.Operation} · {item.Shape} · {variant}");
                    rows.Add(Measure(item, variant, device, budget.Share(total - rows.Count)));
                }
            }

            if (rows.Count > first)
                done(rows[first..]);

            // No measurement should pay for the clean-up of the case before it.
            GC.Collect();
        }

        return rows;
    }

    private static ComparisonRow Measure(ComparisonCase item, string variant, AttentionDevice device, TimeSpan share)
    {
        var row = new ComparisonRow(
            $"{device.Description.Selector} {device.Description.Name}", item.Operation, variant, Schedule: "", item.Shape,
            null, null, null, null, null, null, Verified: false)
        {
            Throughput = item.Throughput,
        };
        try
        {
            using var run = new VariantRun(device);
            item.Prepare(variant, run);
            run.WarmUp();

            // The first whole run is the one that is checked. It is the only one where it takes longer than the row may.
            run.Reset();
            var sampler = new Sampler(_ => run.Run());
            var samples = new TimeSamples([sampler.Once()]);
            (double error, double bound) = run.Check();
            if (samples.Median < share.TotalMilliseconds)
            {
                sampler.WarmUp(share / 4, share / 2);
                samples = new Turns([sampler], MostSamples, share)[0];
            }

            double milliseconds = samples.Median * run.Parts;
            return row with
            {
                Schedule = run.Schedule.ToString(),
                MedianMilliseconds = milliseconds,
                LowerQuartileMilliseconds = samples.LowerQuartile * run.Parts,
                UpperQuartileMilliseconds = samples.UpperQuartile * run.Parts,
                Samples = samples.Milliseconds.Count,
                GigaflopsPerSecond = item.FloatingPointOperations / milliseconds / 1e6,
                GigabytesPerSecond = item.Bytes / milliseconds / 1e6,
                ExtraBytes = run.Parts * run.ExtraBytes,
                MaximumError = error,
                ErrorBound = bound,
                Verified = error <= bound,
                Note = run.Parts == 1 ? null : $"run and checked on these heads alone; median and extra are {run.Parts} times theirs",
            };
        }
        catch (Exception exception)
        {
            // Whatever a device or driver does, the other rows are worth having.
            return row with { Note = $"{exception.GetType().Name}: {exception.Message}" };
        }
    }
}
