using AttentionKernels.Timing;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Runs the variants of a group on every device: checks each, and then takes their times in turn.</summary>
/// <param name="devices">The devices.</param>
internal sealed class Comparison(IReadOnlyList<AttentionDevice> devices)
{
    private const int MostSamples = 1000;

    /// <summary>How many rows a group has at most: what memory may bound is timed from memory, and from a warm cache.</summary>
    public int RowsOf(BenchGroup group) => devices.Count * group.Cases.Count * (group.HasColdRows ? 2 : 1);

    /// <summary>Measures a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="share">How long a row may take.</param>
    /// <param name="cancellation">Asks to stop; what has no time yet is left out then.</param>
    /// <returns>The rows, variant by variant.</returns>
    public IReadOnlyList<ComparisonRow> Measure(BenchGroup group, TimeSpan share, CancellationToken cancellation)
    {
        List<Prepared> all = [];
        try
        {
            foreach (AttentionDevice device in devices)
            {
                foreach (BenchCase item in group.Cases.TakeWhile(_ => !cancellation.IsCancellationRequested))
                    all.Add(Prepare(group, item, device, share));
            }

            foreach (Prepared prepared in all.TakeWhile(_ => !cancellation.IsCancellationRequested))
                prepared.WarmUp(share);
            (Prepared Owner, Way Way)[] ways =
                [.. all.SelectMany(prepared => prepared.Ways.Where(way => way.Samples is null).Select(way => (prepared, way)))];
            if (ways.Length > 0 && !cancellation.IsCancellationRequested)
            {
                var turns = new Turns(
                    [.. ways.Select(way => way.Way.Sampler)], MostSamples, share / 2 * ways.Length,
                    (way, exception) => ways[way].Owner.Fail(exception), cancellation);
                foreach ((int index, (_, Way way)) in ways.Index())
                    way.Samples = turns[index];
            }

            return [.. all.SelectMany(Rows)];
        }
        finally
        {
            all.ForEach(prepared => prepared.Run.Dispose());
        }
    }

    private static Prepared Prepare(BenchGroup group, BenchCase item, AttentionDevice device, TimeSpan share)
    {
        var run = new PreparedRow(device, group.HasColdRows);
        var prepared = new Prepared(run, new ComparisonRow(
            $"{device.Description.Selector} {device.Description.Name}", group.Operation, item.Variant, Schedule: "", group.Shape,
            null, null, null, null, null, null, Verified: false)
        {
            DataType = item.Type.Name,
            IsChoice = group.IsChoice,
        });
        try
        {
            item.Prepare(run);
            Accuracy accuracy = run.Check();
            bool isArithmetic = run.Work.FloatingPointOperations > 0 && !group.HasColdRows;
            prepared.Row = prepared.Row with
            {
                Schedule = run.Schedule?.ToString() ?? "",
                ExtraBytes = run.WorkspaceBytes,
                MaximumError = accuracy.Error,
                ErrorBound = accuracy.Bound,
                Verified = accuracy.IsRight,
                Throughput = isArithmetic ? Throughput.Arithmetic : Throughput.Bandwidth,
                Note = run.Note,
            };
            if (accuracy.IsRight)
                prepared.Ways.AddRange(Ways(run, share));
        }
        catch (Exception exception)
        {
            prepared.Fail(exception);
        }

        return prepared;
    }

    private static IEnumerable<Way> Ways(PreparedRow run, TimeSpan share)
    {
        if (run.IsCold)
            yield return Once(new Way(CacheState.Cold, new Sampler(run.Run, run.Copies)), share);
        if (run.IsWarm)
            yield return Once(new Way(CacheState.Warm, new Sampler(_ => run.Run(0))), share);
    }

    // The check has compiled everything. What would take longer in turn than a row may is timed once.
    private static Way Once(Way way, TimeSpan share)
    {
        double milliseconds = way.Sampler.Once();
        if (milliseconds > share.TotalMilliseconds / (2 * Turns.FewestTurns))
            way.Samples = new TimeSamples([milliseconds]);
        return way;
    }

    private static IEnumerable<ComparisonRow> Rows(Prepared prepared) => prepared.Ways.Count == 0
        ? [prepared.Row]
        : prepared.Ways.Where(way => way.Samples is not null).Select(way => Complete(prepared, way.Cache, way.Samples!));

    private static ComparisonRow Complete(Prepared prepared, CacheState cache, TimeSamples samples)
    {
        PreparedRow run = prepared.Run;
        double milliseconds = samples.Median * run.Scale;
        return prepared.Row with
        {
            Cache = cache,
            MedianMilliseconds = milliseconds,
            LowerQuartileMilliseconds = samples.LowerQuartile * run.Scale,
            UpperQuartileMilliseconds = samples.UpperQuartile * run.Scale,
            Samples = samples.Milliseconds.Count,
            GigaflopsPerSecond = run.Work.FloatingPointOperations > 0 ? run.Work.FloatingPointOperations / milliseconds / 1e6 : null,
            GigabytesPerSecond = run.Work.Bytes > 0 ? run.Work.Bytes / milliseconds / 1e6 : null,
        };
    }

    /// <summary>A variant on a device: what it needs, and its row as far as it is known before it is timed.</summary>
    private sealed class Prepared(PreparedRow run, ComparisonRow row)
    {
        public PreparedRow Run { get; } = run;

        public ComparisonRow Row { get; set; } = row;

        public List<Way> Ways { get; } = [];

        public void WarmUp(TimeSpan share)
        {
            try
            {
                foreach (Way way in Ways.Where(way => way.Samples is null))
                    way.Sampler.WarmUp(share / 4, share / 2);
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        }

        /// <summary>Marks the row: whatever a device or driver does, the others are worth having.</summary>
        public void Fail(Exception exception)
        {
            Ways.Clear();
            Row = Row with { Verified = false, Note = $"{exception.GetType().Name}: {exception.Message}" };
        }
    }

    /// <summary>A variant with operands from memory or from a warm cache.</summary>
    private sealed class Way(CacheState cache, Sampler sampler)
    {
        public CacheState Cache { get; } = cache;

        public Sampler Sampler { get; } = sampler;

        /// <summary>Its times, once it has some.</summary>
        public TimeSamples? Samples { get; set; }
    }
}
