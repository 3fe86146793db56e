using AttentionKernels;
using AttentionKernels.Samples.ContinuousBatching;
using AttentionKernels.Samples.Llama;

return AttentionKernels.Samples.ContinuousBatching.Options.Run(args, options =>
{
    try
    {
        Checkpoint checkpoint = Checkpoint.Load(options.Model);
        Tokenizer tokenizer = Tokenizer.Load(options.Tokenizer, checkpoint.Shape.Vocabulary);
        Request[] requests = Workload.Make(tokenizer, options.Requests, checkpoint.Shape.MaximumPositions, options.Seed);
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        using Decoder decoder = new(device, checkpoint, NumberFormat.Float32);

        // The first pass compiles kernels; serving is measured without it, and without the pages that it left.
        using (Server first = new(decoder, options.Server))
            first.Run(Workload.Make(tokenizer, 1, checkpoint.Shape.MaximumPositions, options.Seed));
        using Server server = new(decoder, options.Server);
        ServingRecord record = server.Run(requests);

        ServingReport report = new($"{device.Description.Selector} {device.Description.Name}", record, [.. requests.Select(request => new RequestRecord(
            request.Number, request.PromptLength, request.Tokens.Count - request.PromptLength, request.Preemptions, Workload.Text(tokenizer, request)))]);
        ServingTable.Print(report, options.Server);
        if (options.Json is { } file)
            ServingJson.Write(file, report);
        return 0;
    }
    catch (Exception exception) when (exception
        is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException
        or DeviceUnavailableException or DeviceMemoryException or NotSupportedException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
});
