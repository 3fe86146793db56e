using System.Diagnostics;
using System.Globalization;
using AttentionKernels;
using AttentionKernels.Bench;
using AttentionKernels.Samples.CompareVariants;

// The exit code says what happened: 0 all is well, 1 stopped, or something is missing, 2 a result is wrong or could not be computed, 3 a row
// is slower than the baseline.
const int Stopped = 1, Wrong = 2, Slower = 3;

return Options.Run(args, options =>
{
    using var cancellation = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        // The first time, what was measured is kept; the second time ends the program.
        pressed.Cancel = !cancellation.IsCancellationRequested;
        cancellation.Cancel();
    };
    List<AttentionDevice> devices = [];
    try
    {
        BenchGroup[] groups = Groups(options);
        if (groups.Length == 0)
        {
            Console.Error.WriteLine("No row has a name that --filter matches; --list shows the names.");
            return Stopped;
        }

        if (options.Lists)
        {
            foreach (string name in groups.SelectMany(group => group.Cases.Select(group.NameOf)))
                Console.WriteLine(name);
            return 0;
        }

        BenchRun? baseline = options.Baseline is { } file ? BenchRun.Read(file.FullName) : null;
        IReadOnlyList<string> usable = [.. DeviceCatalog.List().Where(device => device.IsUsable).Select(device => device.Selector)];
        NamedDevices.Open(DeviceList.Parse(options.Devices, usable), devices);
        return Measure(options, groups, devices, baseline, cancellation.Token);
    }
    catch (Exception exception) when (exception
        is DeviceUnavailableException or DeviceFailedException or DeviceMemoryException or KernelCompilationException
        or FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return Stopped;
    }
    finally
    {
        devices.ForEach(device => device.Dispose());
    }
});

BenchGroup[] Groups(Options options)
{
    IEnumerable<BenchGroup> groups = options.Shapes.Count > 0
        ? Suites.Groups(options.Shapes, options.Types)
        : Suites.Groups(options.Suite, options.Types);
    return [.. BenchGroup.Filter(groups, options.Filters)];
}

int Measure(Options options, BenchGroup[] groups, List<AttentionDevice> devices, BenchRun? baseline, CancellationToken cancellation)
{
    var report = new ConsoleReport(TableConsole.Open());
    DateTimeOffset started = DateTimeOffset.UtcNow;
    long begin = Stopwatch.GetTimestamp();
    MeasuredDevice[] measured =
    [
        .. devices.Select(device => new MeasuredDevice(
            device.Description.Selector, device.Description.Name, device.Description.Driver, device.Description.Memory,
            CeilingMeasurement.Measure(device))),
    ];
    report.Write(measured);
    if (baseline is not null && baseline.Machine.Processor != Machine.Current.Processor)
        Console.Error.WriteLine($"The baseline is of another machine: {baseline.Machine.Processor}.");
    var run = new BenchRun { Started = started, Arguments = args, Machine = Machine.Current, Devices = measured };
    var folder = options.Output ?? new DirectoryInfo(Path.Combine(
        "artifacts", "bench", started.ToString("yyyy-MM-dd-HHmmss", CultureInfo.InvariantCulture)));
    var files = new ResultFolder(folder);
    files.Write(run);

    bool isQuick = options.Suite == Suites.Names[0] && options.Shapes.Count == 0;
    var harness = new Harness(
        devices, [.. measured.Select(device => device.Ceilings)], repetitions: isQuick ? 15 : 31,
        baseline?.Rows.ToDictionary(row => row.Key) ?? []);
    var budget = new TimeBudget(
        options.Budget ?? (isQuick ? TimeSpan.FromMinutes(2) : TimeSpan.FromHours(1)), TimeSpan.FromSeconds(isQuick ? 1 : 4));
    int total = groups.Sum(harness.RowsOf), done = 0;
    for (int index = 0; index < groups.Length && !cancellation.IsCancellationRequested; index++)
    {
        BenchGroup group = groups[index];

        // Its inputs leave the memory with it, and no measurement pays for that.
        groups[index] = null!;
        TimeSpan share = budget.Share(total - done);
        TimeSpan left = done == 0 ? share * total : Stopwatch.GetElapsedTime(begin) / done * (total - done);
        Console.Error.WriteLine($"[{index + 1}/{groups.Length}] {group.Title}; about {Figures.Time(left.TotalMilliseconds)} left");
        IReadOnlyList<BenchRow> rows = harness.Measure(group, share, cancellation);
        done += harness.RowsOf(group);
        run = run with { Rows = [.. run.Rows, .. rows], Complete = index == groups.Length - 1 && !cancellation.IsCancellationRequested };
        if (rows.Count > 0)
            report.Write(new GroupTable(rows));
        files.Write(run);
        GC.Collect();
    }

    files.Draw(run);
    report.Write(run.Rows);
    Console.Error.WriteLine($"Written to {folder}.");
    if (!run.Complete)
    {
        Console.Error.WriteLine("Stopped before the end.");
        return Stopped;
    }

    return run.Rows.Any(row => !row.Verified) ? Wrong : run.Rows.Any(row => row.Baseline?.Verdict == Verdict.Regression) ? Slower : 0;
}
