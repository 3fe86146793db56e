using System.CommandLine;
using System.Globalization;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.ComparePositions;

/// <summary>What the command line asks for.</summary>
/// <param name="Model">A checkpoint whose perplexity is measured; there if and only if <paramref name="Tokenizer"/> is.</param>
/// <param name="Tokenizer">The vocabulary that the checkpoint was trained with.</param>
/// <param name="Factor">How many times the trained positions scalings are for.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
/// <param name="Plot">Where the picture goes, if anywhere.</param>
internal sealed record Options(FileInfo? Model, FileInfo? Tokenizer, double Factor, string? Device, FileInfo? Plot)
{
    private const double PresetFactor = 4, LargestFactor = 1000;

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<FileInfo> model = new Option<FileInfo>("--model")
        {
            Description = "A checkpoint in the format of llama2.c, whose perplexity is measured; needs --tokenizer.",
        }.AcceptExistingOnly();
        Option<FileInfo> tokenizer = new Option<FileInfo>("--tokenizer")
        {
            Description = "The tokenizer of that checkpoint, in the format of llama2.c.",
        }.AcceptExistingOnly();
        Option<double> factor = new("--factor")
        {
            Description = "How many times the trained positions scalings are for.",
            DefaultValueFactory = _ => PresetFactor,
            // A parser of its own, so that one message serves text that is no number and a number that is out of range.
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
                if (!isNumber || value is not (>= 1 and <= LargestFactor))
                    result.AddError($"--factor is {text}; it must be a number from 1 to {LargestFactor}.");
                return value;
            },
        };
        Option<string?> device = CommandLine.Device();
        Option<FileInfo> plot = new Option<FileInfo>("--plot")
        {
            Description = "Also draws the curves into this file, as PNG.",
        }.AcceptLegalFilePathsOnly();

        RootCommand command = new("Compares how attention is told of positions: perplexity against length, and scores against distance.")
        {
            model, tokenizer, factor, device, plot,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(model) is null != result.GetResult(tokenizer) is null)
                result.AddError("--model and --tokenizer belong together: give both or neither.");
        });
        command.SetAction(result => action(new Options(
            result.GetValue(model), result.GetValue(tokenizer), result.GetRequiredValue(factor), result.GetValue(device),
            result.GetValue(plot))));
        return CommandLine.Run(command, arguments);
    }
}
