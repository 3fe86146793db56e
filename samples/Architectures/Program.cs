using AttentionKernels;
using AttentionKernels.Samples.Architectures;
using AttentionKernels.Samples.Architectures.Decoder;
using AttentionKernels.Samples.Architectures.Encoder;
using AttentionKernels.Samples.Architectures.EncoderDecoder;
using AttentionKernels.Samples.Architectures.Maps;
using Spectre.Console;

return Options.Run(args, options =>
{
    try
    {
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        var maps = new List<LabelledMap>();
        foreach ((string name, Family family) in Options.Families)
        {
            try
            {
                if (options.Family is null || options.Family == family)
                    maps.AddRange(Run(family, device, options));
            }
            catch (FamilyUnavailableException exception) when (options.Family is null)
            {
                // The other families run all the same.
                AnsiConsole.MarkupLineInterpolated($"[bold]{name}[/] is left out: {exception.Message}");
            }

            if (options.Family is null)
                AnsiConsole.WriteLine();
        }

        if (maps.Count == 0)
            throw new FamilyUnavailableException("No family could be run.");
        if (options.Plot is not null)
            MapPicture.Write(options.Plot, maps);
        return 0;
    }
    catch (Exception exception) when (exception
        is FamilyUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException
        or DeviceUnavailableException or DeviceMemoryException or NotSupportedException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
});

static IReadOnlyList<LabelledMap> Run(Family family, AttentionDevice device, Options options) => family switch
{
    Family.Encoder => new EncoderReport(AnsiConsole.Console).Write(device, options),
    Family.Decoder => new DecoderReport(AnsiConsole.Console).Write(device, options),
    _ => new EncoderDecoderReport(AnsiConsole.Console).Write(device, options),
};
