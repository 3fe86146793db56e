using AttentionKernels;
using AttentionKernels.Samples.Llama;

return Options.Run(args, options =>
{
    try
    {
        Checkpoint checkpoint = options.Random is { } shape ? Checkpoint.Random(shape, options.Seed) : Checkpoint.Load(options.Model!);
        using DeviceLanguageModel model = new(checkpoint, options.Cache, options.Device, options.PageSize, options.Weights);

        int steps = Math.Min(options.Steps, model.MaximumPositions);
        if (steps < options.Steps)
            Console.Error.WriteLine($"--steps is {options.Steps}; the model has {steps} positions, so {steps} steps are taken.");
        if (options.Random is not null)
        {
            // The prompt is one token, which takes a position too.
            WeightReading.Measure(
                model, checkpoint, options.Weights == NumberFormat.Float32 ? sizeof(float) : sizeof(ushort), Math.Max(1, steps - 1), Console.Out);
            return 0;
        }

        Tokenizer tokenizer = Tokenizer.Load(options.Tokenizer!, checkpoint.Shape.Vocabulary);
        Generation generation = new(model, tokenizer, new Sampler(options.Temperature, options.Seed));
        using (Stream output = Console.OpenStandardOutput())
            generation.Write(options.Prompt, steps, output);

        // The text ends without a line end of its own.
        Console.Error.WriteLine();
        Console.Error.WriteLine($"prefill: {generation.Prefill}");
        Console.Error.WriteLine($"decode: {generation.Decode}");
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
