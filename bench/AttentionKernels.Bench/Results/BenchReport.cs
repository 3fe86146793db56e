namespace AttentionKernels.Bench;

/// <summary>A run in a report.</summary>
/// <param name="Label">A letter, which stands before its devices where there are several runs; empty where there is one.</param>
/// <param name="Source">The file that it was read from; empty where it was just measured.</param>
/// <param name="Run">The run.</param>
internal sealed record ReportedRun(string Label, string Source, BenchRun Run);

/// <summary>What a report shows: a run, or the runs of several machines with all their devices side by side.</summary>
internal sealed record BenchReport
{
    private BenchReport(IReadOnlyList<ReportedRun> runs)
    {
        Runs = runs;
        Devices = [.. runs.SelectMany(run => run.Run.Devices.Select(
            device => device with { Selector = Labelled(run, device.Selector) }))];
        Rows = [.. runs.SelectMany(run => run.Run.Rows.Select(row => row with { Device = Labelled(run, row.Device) }))];
        Groups =
        [
            .. Rows.GroupBy(row => (row.Operation, row.Shape)).Select(group => new GroupTable(
                [.. group], IsComparison ? GroupTable.OfSeveralMachines : GroupTable.OfThisMachine,
                isStacked: Devices.Count > GroupTable.MostSideBySide)),
        ];
    }

    /// <summary>The runs.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>The devices of all runs.</summary>
    public IReadOnlyList<MeasuredDevice> Devices { get; }

    /// <summary>The rows of all runs, each with the selector that its device has in <see cref="Devices"/>.</summary>
    public IReadOnlyList<BenchRow> Rows { get; }

    /// <summary>The rows of the same operation and shape, in which those of the same variant, type and cache stand side by side.</summary>
    public IReadOnlyList<GroupTable> Groups { get; }

    /// <summary>What the calls of programs take, of runs that measured their shapes.</summary>
    public IEnumerable<ReplayTable> Replays =>
        from run in Runs
        let shapes = run.Run.Replay ?? []
        where shapes.Count > 0
        select new ReplayTable(
        [
            .. shapes.Select(shape => shape with
            {
                Times = [.. shape.Times.Select(time => time with { Device = Labelled(run, time.Device) })],
            }),
        ]);

    /// <summary>Whether it is about several runs.</summary>
    public bool IsComparison => Runs.Count > 1;

    /// <summary>Whether all runs have all that they were asked for.</summary>
    public bool Complete => Runs.All(run => run.Run.Complete);

    /// <summary>The report of a run.</summary>
    public static BenchReport Of(BenchRun run) => new([new ReportedRun("", "", run)]);

    /// <summary>Reads runs and makes a report of all.</summary>
    /// <param name="paths">A file each, or the folder of its <c>results.json</c>.</param>
    /// <exception cref="InvalidDataException">A file is not one of this schema; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be read; the message names it.</exception>
    public static BenchReport Read(IReadOnlyList<string> paths) => new(
    [
        .. paths.Select(path => Directory.Exists(path) ? Path.Combine(path, ResultFolder.Json) : path).Index().Select(file =>
            new ReportedRun(
                paths.Count > 1 ? LabelOf(file.Index) : "", file.Item,
                paths.Count > 1 ? WithoutBaseline(BenchRun.Read(file.Item)) : BenchRun.Read(file.Item))),
    ]);

    /// <summary>The machine of a device, in words.</summary>
    /// <param name="device">The device's selector in this report.</param>
    public string MachineOf(string device)
    {
        ReportedRun run = Runs.Single(run => run.Run.Devices.Any(own => Labelled(run, own.Selector) == device));
        return Labelled(run, run.Run.Machine.Processor);
    }

    private static string Labelled(ReportedRun run, string text) => run.Label.Length > 0 ? $"{run.Label} {text}" : text;

    private static string LabelOf(int index)
    {
        const int Letters = 26;
        return $"{(char)('A' + (index % Letters))}{(index < Letters ? "" : index / Letters)}";
    }

    // What each run was compared with is another question.
    private static BenchRun WithoutBaseline(BenchRun run) => run with { Rows = [.. run.Rows.Select(row => row with { Baseline = null })] };
}
