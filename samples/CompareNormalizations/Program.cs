using AttentionKernels;
using AttentionKernels.Samples.CompareNormalizations;
using AttentionKernels.Samples.CompareNormalizations.Experiments;
using AttentionKernels.Samples.CompareVariants;
using Spectre.Console;

return Options.Run(args, options =>
{
    try
    {
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        IAnsiConsole console = TableConsole.Open();
        console.MarkupLineInterpolated(
            $"Batch, layer, RMS and group norm on {device.Description.Name}: {options.Features} features, seed {options.Seed}");
        console.WriteLine("Features have means and deviations of their own, are correlated, and have heavy tails.");
        console.WriteLine("Errors and changes are root mean squares over outputs, whose deviation is about 1.");

        var table = new FindingTable(console);
        IReadOnlyList<Finding> findings = Suite.Run(new Normalizer(device), new Population(options.Seed, options.Features));
        foreach (Finding finding in findings)
            table.Write(finding);
        if (options.Plot is { } plot)
            FindingPicture.Write(plot, findings);
        return 0;
    }
    catch (Exception exception) when (exception
        is IOException or UnauthorizedAccessException or DeviceUnavailableException or DeviceMemoryException or NotSupportedException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
});
