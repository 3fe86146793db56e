using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>Measures groups: each row is checked, then warmed up, and then all of a group are timed in turn, on all devices.</summary>
/// <param name="devices">The devices.</param>
/// <param name="ceilings">What each of them can do at most.</param>
/// <param name="repetitions">How many samples a row has, where there is time.</param>
/// <param name="baseline">The rows of the run to compare with, by <see cref="BenchRow.Key"/>.</param>
internal sealed class Harness(
    IReadOnlyList<AttentionDevice> devices, IReadOnlyList<DeviceCeilings> ceilings, int repetitions,
    IReadOnlyDictionary<string, BenchRow> baseline)
{
    /// <summary>
    /// .NET compiles a method anew a tenth of a second after it has been called 30 times, and counts its calls and branches before: twice
    /// that, and the windows in which it has to be steady.
    /// </summary>
    private static readonly TimeSpan _leastWarmUp = TimeSpan.FromSeconds(0.3);

    /// <summary>How many rows a group has.</summary>
    public int RowsOf(BenchGroup group) => devices.Count * group.Cases.Count * (group.HasColdRows ? 2 : 1);

    /// <summary>Measures a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="share">How long a row may take.</param>
    /// <param name="cancellation">Asks to stop; what has no sample yet is left out then.</param>
    public IReadOnlyList<BenchRow> Measure(BenchGroup group, TimeSpan share, CancellationToken cancellation)
    {
        List<Timed> timed = [];
        List<BenchRow> rows = [];
        try
        {
            foreach (BenchCase item in group.Cases)
            {
                for (int device = 0; device < devices.Count && !cancellation.IsCancellationRequested; device++)
                    Prepare(group, item, device, timed, rows);
            }

            foreach (Timed way in timed.TakeWhile(_ => !cancellation.IsCancellationRequested))
                way.WarmUp(share);
            Timed[] warm = [.. timed.Where(way => !way.HasFailed)];
            rows.AddRange(timed.Where(way => way.HasFailed).Select(way => way.Row));
            if (warm.Length > 0 && !cancellation.IsCancellationRequested)
                rows.AddRange(TakeTurns(warm, share, cancellation));
        }
        finally
        {
            foreach (PreparedRow prepared in timed.Select(way => way.Prepared).Distinct())
                prepared.Dispose();
        }

        // By the order of the cases, where a case has a row for each device and each state of the cache.
        return [.. rows.OrderBy(row => group.Cases.Index().First(item => IsOf(item.Item, row)).Index).ThenBy(row => row.Cache)];
    }

    /// <summary>An exception as a note has it, in one line.</summary>
    public static string Describe(Exception exception) => $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}";

    private static bool IsOf(BenchCase item, BenchRow row) => item.Variant == row.Variant && item.Type.Name == row.DataType;

    private void Prepare(BenchGroup group, BenchCase item, int device, List<Timed> timed, List<BenchRow> rows)
    {
        var row = new BenchRow
        {
            Device = devices[device].Description.Selector,
            Operation = group.Operation,
            Shape = group.Shape,
            Variant = item.Variant,
            IsChoice = group.IsChoice,
            DataType = item.Type.Name,
            Cache = group.HasColdRows ? CacheState.Cold : CacheState.Warm,
        };
        var prepared = new PreparedRow(devices[device], group.HasColdRows);
        bool isTimed = false;
        try
        {
            long before = devices[device].AllocatedBytes;
            devices[device].ResetPeakAllocatedBytes();
            item.Prepare(prepared);
            Accuracy accuracy = prepared.Check();
            row = row with
            {
                PeakMemoryBytes = devices[device].PeakAllocatedBytes - before - prepared.BytesOfFurtherCopies,
                Schedule = prepared.Schedule?.ToString(),
                WorkspaceBytes = prepared.WorkspaceBytes,
                MaximumError = accuracy.Error,
                ErrorBound = accuracy.Bound,
                Verified = accuracy.IsRight,
            };
            isTimed = accuracy.IsRight;
        }
        catch (Exception exception)
        {
            // Whatever a device or driver does, the other rows are worth having.
            row = row with { Note = Describe(exception) };
        }

        if (!isTimed)
        {
            prepared.Dispose();
            rows.Add(row);
            return;
        }

        if (prepared.IsCold)
            Add(new Sampler(prepared.Run, prepared.Copies), CacheState.Cold);
        if (prepared.IsWarm)
            Add(new Sampler(_ => prepared.Run(0)), CacheState.Warm);

        void Add(Sampler sampler, CacheState cache) =>
            timed.Add(new Timed(prepared, ceilings[device], sampler, row with { Cache = cache }));
    }

    // A row that looks slower than before is measured once more, with all of its group, and has to be slower again.
    private BenchRow[] TakeTurns(Timed[] timed, TimeSpan share, CancellationToken cancellation)
    {
        using var yardstick = new Yardstick();
        var yardstickSampler = new Sampler(_ => yardstick.Run());
        yardstickSampler.WarmUp(TimeSpan.Zero, TimeSpan.Zero);
        BenchRow[] first = Take();
        if (!first.Any(IsSlower) || cancellation.IsCancellationRequested)
            return first;
        BenchRow[] again = Take();
        return cancellation.IsCancellationRequested ? first : [.. again.Zip(first, Confirmed)];

        BenchRow[] Take()
        {
            // A way that fails while it is timed has no samples to be believed; the first of the ways is the yardstick.
            var turns = new Turns(
                [yardstickSampler, .. timed.Select(way => way.Sampler)], repetitions, share / 2 * timed.Length,
                (way, exception) => timed[way - 1].Fail("timed", exception), cancellation);
            foreach (Timed way in timed)
                way.TimeOnDevice();
            return
            [
                .. timed.Select((way, index) => way.HasFailed
                    ? way.Row
                    : Judge(Complete(way, turns[index + 1]) with { Yardstick = turns[0].Milliseconds })),
            ];
        }
    }

    private static bool IsSlower(BenchRow row) => row.Baseline?.Verdict == Verdict.Regression;

    private static BenchRow Confirmed(BenchRow again, BenchRow first) => IsSlower(again) && !IsSlower(first)
        ? again with { Baseline = again.Baseline! with { Verdict = Verdict.Unclear } }
        : again;

    private BenchRow Judge(BenchRow row) => row with
    {
        Baseline = baseline.TryGetValue(row.Key, out BenchRow? before) ? Bootstrap.Compare(row.Measured, before.Measured) : null,
    };

    private static BenchRow Complete(Timed way, TimeSamples samples)
    {
        double scale = way.Prepared.Scale;
        double[] milliseconds = [.. samples.Milliseconds.Select(time => time * scale)];
        double median = samples.Median * scale;
        Work work = way.Prepared.Work;
        bool isOfTensorCores = way.Prepared.Schedule == KernelSchedule.TensorCore;
        (double Share, string Ceiling)? share = way.Ceilings.ShareOf(work, median, way.Row.Cache == CacheState.Cold, isOfTensorCores);
        return way.Row with
        {
            MedianMilliseconds = median,
            LowerQuartileMilliseconds = samples.LowerQuartile * scale,
            UpperQuartileMilliseconds = samples.UpperQuartile * scale,
            Samples = milliseconds,
            Operations = work.FloatingPointOperations > 0 ? work.FloatingPointOperations : null,
            Bytes = work.Bytes > 0 ? work.Bytes : null,
            GigaflopsPerSecond = work.FloatingPointOperations > 0 ? work.FloatingPointOperations / median / 1e6 : null,
            GigabytesPerSecond = work.Bytes > 0 ? work.Bytes / median / 1e6 : null,
            PercentOfCeiling = 100 * share?.Share,
            Ceiling = share?.Ceiling,
        };
    }

    /// <summary>A row that is ready to be timed.</summary>
    private sealed class Timed(PreparedRow prepared, DeviceCeilings ceilings, Sampler sampler, BenchRow row)
    {
        public PreparedRow Prepared { get; } = prepared;

        public DeviceCeilings Ceilings { get; } = ceilings;

        public Sampler Sampler { get; } = sampler;

        public BenchRow Row { get; private set; } = row;

        public bool HasFailed { get; private set; }

        public void WarmUp(TimeSpan share)
        {
            try
            {
                bool isLong = share / 3 >= _leastWarmUp;
                bool rests = Sampler.WarmUp(isLong ? _leastWarmUp : share / 3, share / 2);
                Row = Row with { Steady = isLong && rests };
            }
            catch (Exception exception)
            {
                Fail("warmed up", exception);
            }
        }

        /// <summary>Takes times by the device's own events, where it has any.</summary>
        public void TimeOnDevice()
        {
            try
            {
                if (!HasFailed && Prepared.TimesOnDevice(Row.Cache) is { } times)
                    Row = Row with { DeviceMilliseconds = times.Median * Prepared.Scale };
            }
            catch (Exception exception)
            {
                Fail("timed", exception);
            }
        }

        /// <summary>Marks the row: what a device cannot repeat is not right, and the others are worth having.</summary>
        public void Fail(string phase, Exception exception)
        {
            HasFailed = true;
            Row = Row with { Verified = false, Note = $"failed while it was {phase}: {Describe(exception)}" };
        }
    }
}
