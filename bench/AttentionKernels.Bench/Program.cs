using System.Diagnostics;
using System.Globalization;
using AttentionKernels;
using AttentionKernels.Bench;
using AttentionKernels.Samples.Arguments;
using AttentionKernels.Samples.CompareVariants;

// The exit code says what happened: 0 all is well, 1 stopped, or something is missing, 2 a result is wrong or could not be computed,
// 3 a row is slower than the baseline.
const int Stopped = 1, Wrong = 2, Slower = 3;

return Options.Run(args, options => Guarded(() => Bench(options)), options => Guarded(() => Compare(options)));

// What is wrong with a file, a device or a name is said in a line.
int Guarded(Func<int> run)
{
    try
    {
        return run();
    }
    catch (Exception exception) when (exception
        is DeviceUnavailableException or DeviceFailedException or DeviceMemoryException or KernelCompilationException
        or FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return Stopped;
    }
}

int Compare(ComparisonOptions options)
{
    BenchReport report = BenchReport.Read(options.Files);
    new ConsoleReport(TableConsole.Open()).Write(report);
    DirectoryInfo folder = options.Folder ?? FolderOf(DateTimeOffset.UtcNow, "-compared");
    var files = new ResultFolder(folder);
    files.Write(report);
    files.Draw(report);
    Finish(files, folder, options.Opens);
    return 0;
}

int Bench(Options options)
{
    using CancellationTokenSource cancellation = CommandLine.CancelledByKey();
    List<AttentionDevice> devices = [];
    try
    {
        if (options.Dump is { } dump)
            return Dump(options, dump, devices);
        IReadOnlyList<ReplayedGroup> replayed = options.Replay is { } shapes ? ReplayFile.Read(shapes) : [];
        Dictionary<string, long> calls = replayed.ToDictionary(shape => shape.Group.Title, shape => shape.Count);
        BenchGroup[] groups = Groups(options, replayed.Select(shape => shape.Group));
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
        replayed = [];
        return Measure(options, groups, calls, devices, baseline, cancellation.Token);
    }
    finally
    {
        devices.ForEach(device => device.Dispose());
    }
}

DirectoryInfo FolderOf(DateTimeOffset time, string end = "") => new(Path.Combine(
    "artifacts", "bench", time.ToString("yyyy-MM-dd-HHmmss", CultureInfo.InvariantCulture) + end));

void Finish(ResultFolder files, DirectoryInfo folder, bool opens)
{
    Console.Error.WriteLine($"Written to {folder}; {files.Page} is the report with charts.");
    if (opens)
        Browser.Open(files.Page);
}

int Dump(Options options, DumpRequest dump, List<AttentionDevice> devices)
{
    if (dump.Kernels is null || options.Lists)
    {
        dump.List(Console.Out);
        return 0;
    }

    // The managed CPU runs the kernels' own IL: it has no text but PTX of a capability, which it can make for a device that is absent.
    IReadOnlyList<string> usable = dump.Capability is null
        ? [.. DeviceCatalog.List().Where(device => device.IsUsable && device.Kind != DeviceKind.Cpu).Select(device => device.Selector)]
        : ["cpu"];
    NamedDevices.Open(DeviceList.Parse(options.Devices, usable), devices);
    DataType type = options.Types.SingleOrDefault(DataType.Float32);
    try
    {
        if (dump.Show(devices, type, options.Output, Console.Out, Console.Error) > 0)
            return 0;
    }
    catch (ArgumentOutOfRangeException exception)
    {
        Console.Error.WriteLine($"--capability: {exception.Message.ReplaceLineEndings(" ")}");
        return Stopped;
    }

    Console.Error.WriteLine("No kernel was shown; --dump alone lists their names, and --capability 8.0 makes PTX without a CUDA device.");
    return Stopped;
}

BenchGroup[] Groups(Options options, IEnumerable<BenchGroup> replayed)
{
    IEnumerable<BenchGroup> groups = options.Replay is not null ? replayed
        : options.Shapes.Count > 0
        ? Suites.Groups(options.Shapes, options.Types)
        : Suites.Groups(options.Suite, options.Types);
    return [.. BenchGroup.Filter(groups, options.Filters)];
}

int Measure(
    Options options, BenchGroup[] groups, IReadOnlyDictionary<string, long> calls, List<AttentionDevice> devices, BenchRun? baseline,
    CancellationToken cancellation)
{
    var report = new ConsoleReport(TableConsole.Open());
    DateTimeOffset started = DateTimeOffset.UtcNow;
    long begin = Stopwatch.GetTimestamp();
    MeasuredDevice[] measured = [.. devices.Select(CeilingMeasurement.Measure)];
    report.Write(measured);
    if (baseline is not null && baseline.Machine.Processor != Machine.Current.Processor)
        Console.Error.WriteLine($"The baseline is of another machine: {baseline.Machine.Processor}.");
    var run = new BenchRun { Started = started, Arguments = args, Machine = Machine.Current, Devices = measured };
    DirectoryInfo folder = options.Output ?? FolderOf(started);
    var files = new ResultFolder(folder);
    files.Write(run);

    bool isQuick = options.Suite == Suites.Names[0] && options.Shapes.Count == 0 && options.Replay is null;
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
        if (rows.Count > 0 && calls.TryGetValue(group.Title, out long count))
            run = run with { Replay = [.. run.Replay ?? [], ReplayedShape.Of(group.Title, count, rows)] };
        if (rows.Count > 0)
            report.Write(new GroupTable(rows));
        files.Write(run);
        GC.Collect();
    }

    files.Draw(BenchReport.Of(run));
    if (run.Replay is { } replay)
        report.Write(new ReplayTable(replay));
    report.Write(run.Rows);
    Finish(files, folder, options.Opens);
    if (!run.Complete)
    {
        Console.Error.WriteLine("Stopped before the end.");
        return Stopped;
    }

    return run.Rows.Any(row => !row.Verified) || measured.Any(device => device.Note is not null) ? Wrong
        : run.Rows.Any(row => row.Baseline?.Verdict == Verdict.Regression) ? Slower : 0;
}
