using System.CommandLine;

namespace AttentionKernels.Bench;

/// <summary>What the command line of <c>compare</c> asks for.</summary>
/// <param name="Files">The runs: a <c>results.json</c> each, or its folder.</param>
/// <param name="Folder">Where the report goes; a folder named by the time where it is left out.</param>
/// <param name="Opens">Whether the report is shown in the browser.</param>
internal sealed record ComparisonOptions(IReadOnlyList<string> Files, DirectoryInfo? Folder, bool Opens)
{
    /// <summary>The command.</summary>
    /// <param name="compare">What it runs.</param>
    public static Command Command(Func<ComparisonOptions, int> compare)
    {
        Argument<string[]> files = new("files")
        {
            Description = "The results.json of each run, or its folder.",
            Arity = ArgumentArity.OneOrMore,
        };
        files.Validators.Add(result =>
        {
            // An unknown option would be taken for a file.
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
                result.AddError($"compare has '{option.Value}'; it must have files, --output or --open.");
        });
        Option<DirectoryInfo> output = Output(
            "The folder of results.csv, report.md, report.html and rates.png; artifacts/bench/<time>-compared by default.");
        Option<bool> open = Open();
        Command command = new("compare", "Makes one report of several runs, of whichever machines, side by side; measures nothing.")
        {
            files, output, open,
        };
        command.SetAction(result => compare(
            new ComparisonOptions(result.GetRequiredValue(files), result.GetValue(output), result.GetValue(open))));
        return command;
    }

    /// <summary>The option of where files go.</summary>
    public static Option<DirectoryInfo> Output(string description) =>
        new Option<DirectoryInfo>("--output") { Description = description }.AcceptLegalFilePathsOnly();

    /// <summary>The option of who looks at the report at once.</summary>
    public static Option<bool> Open() =>
        new("--open") { Description = "Shows report.html in the browser at the end, where there is a desktop." };
}
