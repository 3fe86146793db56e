using AttentionKernels;
using AttentionKernels.Samples.CompareVariants;
using AttentionKernels.Samples.CompareVariants.Inputs;
using Spectre.Console;

return Options.Run(args, options =>
{
    using var cancellation = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        // The first time, what was measured is still shown; the second time ends the program.
        pressed.Cancel = !cancellation.IsCancellationRequested;
        cancellation.Cancel();
    };
    List<AttentionDevice> devices = [];
    try
    {
        OpenDevices(options.Devices, devices);
        IInputs inputs = options is { Model: { } model, Tokenizer: { } tokenizer } ? ModelInputs.Load(model, tokenizer) : new NormalInputs();
        Console.Error.WriteLine($"Inputs: {inputs.Description}.");

        TimeBudget budget = options.Quick
            ? new TimeBudget(total: TimeSpan.FromSeconds(45), perRow: TimeSpan.FromSeconds(0.3))
            : new TimeBudget(total: TimeSpan.FromMinutes(5), perRow: TimeSpan.FromSeconds(1));
        IEnumerable<ComparisonCase> cases = options.Quick ? Suite.Quick(inputs) : Suite.Full(inputs);
        IAnsiConsole console = TableConsole.Open();
        IReadOnlyList<ComparisonRow> rows = Comparison.Run(devices, cases, budget, Show, cancellation.Token);

        ComparisonTable.WriteEnd(console, rows);
        if (options.Json is { } json)
            ComparisonJson.Write(json, rows);
        if (options.Plot is { } plot)
            ComparisonPlot.Write(plot, rows);
        if (cancellation.IsCancellationRequested)
            Console.Error.WriteLine("Stopped before the end.");
        return rows.All(row => row.Verified) && !cancellation.IsCancellationRequested ? 0 : 1;

        void Show(IReadOnlyList<ComparisonRow> rows)
        {
            foreach (ComparisonGroup group in ComparisonGroup.Of(rows))
                ComparisonTable.Write(console, group);
        }
    }
    catch (Exception exception) when (exception
        is DeviceUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
    finally
    {
        devices.ForEach(device => device.Dispose());
    }
});

// Every usable device, or those that were asked for, each once.
static void OpenDevices(IReadOnlyList<string> selectors, List<AttentionDevice> devices)
{
    if (selectors.Count == 0)
    {
        IReadOnlyList<DeviceDescription> catalog = DeviceCatalog.List();
        foreach (DeviceDescription line in catalog)
            Console.Error.WriteLine(line);
        selectors = [.. catalog.Where(line => line.IsUsable).Select(line => line.Selector)];
    }

    NamedDevices.Open(selectors, devices);
}
