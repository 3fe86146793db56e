using AttentionKernels;
using AttentionKernels.Samples.Arguments;
using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

return Options.Run(args, options =>
{
    using CancellationTokenSource cancellation = CommandLine.CancelledByKey();
    List<AttentionDevice> devices = [];
    try
    {
        IInputs inputs = options is { Model: { } model, Tokenizer: { } tokenizer } ? ModelInputs.Load(model, tokenizer) : new NormalInputs();
        BenchGroup[] groups = Groups(options, new Suite(inputs, options.Types));
        if (groups.Length == 0)
        {
            Console.Error.WriteLine("No row has a name that --filter matches.");
            return 1;
        }

        OpenDevices(options.Devices, devices);
        Console.Error.WriteLine($"Inputs: {inputs.Description}.");
        IReadOnlyList<ComparisonRow> rows = Measure(options, groups, devices, cancellation.Token);
        if (options.Json is { } json)
            ComparisonJson.Write(json, rows);
        if (options.Plot is { } plot)
            ComparisonPlot.Write(plot, rows);
        if (cancellation.IsCancellationRequested)
            Console.Error.WriteLine("Stopped before the end.");
        return rows.All(row => row.Verified) && !cancellation.IsCancellationRequested ? 0 : 1;
    }
    catch (Exception exception) when (exception
        is DeviceUnavailableException or DeviceFailedException or DeviceMemoryException or KernelCompilationException
        or InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
    finally
    {
        devices.ForEach(device => device.Dispose());
    }
});

static BenchGroup[] Groups(Options options, Suite suite) =>
[
    .. BenchGroup.Filter(
        options.Shapes.Count > 0 ? options.Shapes.Select(suite.Attention) : options.Quick ? suite.Quick() : suite.Full(), options.Filters),
];

// Every usable device, or those that were asked for, each once.
static void OpenDevices(IReadOnlyList<string> lists, List<AttentionDevice> devices)
{
    IReadOnlyList<DeviceDescription> catalog = DeviceCatalog.List();
    if (lists.Count == 0)
    {
        foreach (DeviceDescription line in catalog)
            Console.Error.WriteLine(line);
    }

    NamedDevices.Open(DeviceList.Parse(lists, [.. catalog.Where(line => line.IsUsable).Select(line => line.Selector)]), devices);
}

// A table after the other, each as soon as it is measured.
static IReadOnlyList<ComparisonRow> Measure(
    Options options, BenchGroup[] groups, IReadOnlyList<AttentionDevice> devices, CancellationToken cancellation)
{
    TimeBudget budget = options.Quick
        ? new TimeBudget(total: TimeSpan.FromSeconds(60), perRow: TimeSpan.FromSeconds(0.5))
        : new TimeBudget(total: TimeSpan.FromMinutes(5), perRow: TimeSpan.FromSeconds(1));
    var comparison = new Comparison(devices);
    IAnsiConsole console = TableConsole.Open();
    List<ComparisonRow> all = [];
    int left = groups.Sum(comparison.RowsOf);
    for (int index = 0; index < groups.Length && !cancellation.IsCancellationRequested; index++)
    {
        BenchGroup group = groups[index];

        // Its inputs leave the memory with it, and no measurement pays for that.
        groups[index] = null!;
        Console.Error.WriteLine($"[{index + 1}/{groups.Length}] {group.Title}");
        IReadOnlyList<ComparisonRow> rows = comparison.Measure(group, budget.Share(left), cancellation);
        left -= comparison.RowsOf(group);
        if (rows.Count > 0)
            ComparisonTable.Write(console, ComparisonGroup.Of(rows).Single());
        all.AddRange(rows);
        GC.Collect();
    }

    ComparisonTable.WriteEnd(console, all);
    return all;
}
