using AttentionKernels;
using AttentionKernels.Samples.Architectures;
using AttentionKernels.Samples.Architectures.Encoder;
using Spectre.Console;

return Options.Run(args, options =>
{
    try
    {
        using AttentionDevice device = options.Device is null ? AttentionDevice.Open() : AttentionDevice.Open(options.Device);
        using var encoder = new SentenceEncoder(device, SentenceEncoder.ModelAssembly);

        if (options.Layer >= encoder.Layers || options.Head >= SentenceEncoder.Heads)
        {
            Console.Error.WriteLine($"--layer must be from 0 to {encoder.Layers - 1}, --head from 0 to {SentenceEncoder.Heads - 1}.");
            return 1;
        }

        // As everything here, this program runs without ICU, which a fresh Debian has not; the model was trained without accents.
        if (options.Texts.Any(text => text.Any(letter => letter > '\x7F' && char.IsLetter(letter))))
            Console.Error.WriteLine("Words with letters beyond ASCII may be unknown to the model; write them without accents.");
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
