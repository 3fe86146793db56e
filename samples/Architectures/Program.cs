using System.Reflection;
using System.Text;
using AttentionKernels;
using AttentionKernels.Samples.Architectures;
using AttentionKernels.Samples.Architectures.Encoder;
using Spectre.Console;

return Options.Run(args, options =>
{
    try
    {
        string assembly = typeof(Options).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "MiniLM").Value!;
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        using var encoder = new SentenceEncoder(device, assembly);

        // As everything here, this program runs without ICU, which a fresh Debian has not.
        if (!options.Texts.All(text => Ascii.IsValid(text)))
            Console.Error.WriteLine("Letters with accents are unknown to the model, which was trained without: write them without, too.");
        int[][] sentences = [.. options.Texts.Select(encoder.Tokenize)];
        new EncoderReport(AnsiConsole.Console).Write(encoder, options, sentences, device.Description.Name);
        return 0;
    }
    catch (Exception exception) when (exception
        is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException
        or DeviceUnavailableException or DeviceMemoryException or NotSupportedException)
    {
        Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
        return 1;
    }
});
