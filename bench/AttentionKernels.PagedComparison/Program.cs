using System.CommandLine;
using AttentionKernels;
using AttentionKernels.PagedComparison;
using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

Option<string> deviceOption = new("--device")
{
    Description = "A device such as cpu, opencl:0 or cuda:0; all processors that are present by default.",
    DefaultValueFactory = _ => "processors",
};
Option<int> repetitionsOption = new("--repetitions") { Description = "How many samples each way gets.", DefaultValueFactory = _ => 21 };
repetitionsOption.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
        result.AddError("--repetitions must be at least 1.");
});
Option<bool> quickOption = new("--quick") { Description = "Small shapes and few samples, for a first look." };
RootCommand command = new("Compares ways of keeping keys and values while decoding: contiguous, paged, quantised, with a common prefix attended once.")
{
    deviceOption, repetitionsOption, quickOption,
};
command.SetAction(result => Compare(result.GetRequiredValue(deviceOption), result.GetRequiredValue(repetitionsOption), result.GetValue(quickOption)));
return command.Parse(args).Invoke();

static int Compare(string selector, int repetitions, bool quick)
{
    string[] selectors = selector != "processors" ? [selector]
        : [.. DeviceCatalog.List().Where(device => device.Kind is DeviceKind.Cpu or DeviceKind.OpenClCpu).Select(device => device.Selector)];
    int scale = quick ? 16 : 1;
    foreach (string wanted in selectors)
    {
        using AttentionDevice device = AttentionDevice.Open(wanted);

        // 1. What pages cost: the same bits as contiguous attention, found through a block table.
        Measure(device, new DecodeShape(8, 32, 8, 0, 4096 / scale, 128), setup =>
            [setup.Contiguous(), .. ((int[])[16, 1, 256]).Select(pageSize => setup.Paged($"pages of {pageSize}", pageSize))]);

        // 2. What small numbers gain, where memory is the limit and where heads share their keys.
        foreach (DecodeShape shape in (DecodeShape[])[new(4, 32, 32, 0, 4096 / scale, 128), new(8, 32, 8, 0, 4096 / scale, 128)])
        {
            Measure(device, shape, setup =>
                [.. NumberFormat.All.Select(format => setup.Paged($"pages of 16, {format}", 16, format))]);
        }

        // 3. What a common prefix gains.
        foreach (int keyValueHeads in (int[])[32, 8])
        {
            Measure(device, new DecodeShape(32, 32, keyValueHeads, 4096 / scale, 128, 128), setup =>
                [setup.Paged("each sequence by itself", 16), setup.Paged("cascade", 16, cascades: true)]);
        }
    }

    return 0;

    void Measure(AttentionDevice device, DecodeShape shape, Func<DecodeSetup, DecodeRun[]> ways)
    {
        using var setup = new DecodeSetup(device, shape);
        List<ComparisonRow> measured = Comparison.Run(device, shape.ToString(), ways(setup), quick ? 3 : repetitions);
        Write(measured);
    }
}

static void Write(List<ComparisonRow> rows)
{
    IAnsiConsole console = TableConsole.Open();
    console.MarkupLineInterpolated($"[bold]{rows[0].Device} · {rows[0].Shape}[/]");
    Table table = new Table { Border = TableBorder.None }.AddColumns("Way", "Time", "Times as fast", "Difference");
    foreach (ComparisonRow row in rows)
        table.AddRow(row.Way, Figures.Time(row.Milliseconds), Figures.Number(row.Ratio), Figures.Error(row.Difference));
    console.Write(table);
    console.WriteLine();
}
