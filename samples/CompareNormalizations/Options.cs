using System.CommandLine;
using System.Globalization;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>What the command line asks for.</summary>
/// <param name="Features">How many features a token has.</param>
/// <param name="Seed">What the data are drawn by; a seed gives the same data everywhere.</param>
/// <param name="Plot">Where the picture goes, if anywhere.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
internal sealed record Options(int Features, int Seed, FileInfo? Plot, string? Device)
{
    private const int MostFeatures = 512, MostSeed = 1_000_000;

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<int> features = CommandLine.Number(
            "--features", 64, 2 * Normalizer.Groups, MostFeatures, $"Features of a token, a multiple of {Normalizer.Groups}.");
        Option<int> seed = CommandLine.Number("--seed", 1, 0, MostSeed, "What the data are drawn by.");
        Option<FileInfo> plot = new Option<FileInfo>("--plot")
        {
            Description = "Also draws the tables into this file, as PNG.",
        }.AcceptLegalFilePathsOnly();
        Option<string?> device = CommandLine.Device();
        features.Validators.Add(result =>
        {
            // What is no number in range has an error already.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out int value)
                && value % Normalizer.Groups != 0)
            {
                result.AddError($"--features is {value}; group norm needs a multiple of its {Normalizer.Groups} groups.");
            }
        });

        RootCommand command = new("Runs batch, layer, RMS and group norm where each of them breaks, and measures by how much.")
        {
            features, seed, plot, device,
        };
        command.SetAction(result => action(new Options(
            result.GetRequiredValue(features), result.GetRequiredValue(seed), result.GetValue(plot), result.GetValue(device))));
        return CommandLine.Run(command, arguments);
    }
}
