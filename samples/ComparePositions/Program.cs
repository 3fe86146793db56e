using AttentionKernels;
using AttentionKernels.Samples.ComparePositions;
using AttentionKernels.Samples.ComparePositions.Decay;
using AttentionKernels.Samples.ComparePositions.Perplexity;
using AttentionKernels.Samples.CompareVariants;

return Options.Run(args, options =>
{
    try
    {
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        var report = new PositionsReport(TableConsole.Open());
        PerplexityComparison? perplexity = null;
        if (options is { Model: { } model, Tokenizer: { } tokenizer })
        {
            perplexity = PerplexityComparison.Measure(device, model, tokenizer, options.Factor);
            report.Write(perplexity, options);
        }
        else
        {
            Console.WriteLine("Without perplexity: give --model and --tokenizer, such as those of huggingface.co/karpathy/tinyllamas.");
        }

        DecayComparison decay = DecayComparison.Compute(device, options.Factor);
        report.Write(decay);
        if (options.Plot is { } plot)
            PositionsPlot.Write(plot, perplexity, decay, options.Factor);
        return 0;
    }
    catch (Exception exception) when (exception
        is InvalidDataException or IOException or UnauthorizedAccessException
        or DeviceUnavailableException or DeviceMemoryException or NotSupportedException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
});
