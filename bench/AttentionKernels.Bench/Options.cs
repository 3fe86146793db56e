using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    private const int LongestSeconds = 86400;

    /// <summary>One of <see cref="Suites.Names"/>.</summary>
    public required string Suite { get; init; }

    /// <summary>Lists of devices.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>How numbers are to be stored; none for the suite's choice.</summary>
    public required IReadOnlyList<DataType> Types { get; init; }

    /// <summary>Shapes to measure instead of a suite.</summary>
    public required IReadOnlyList<AttentionShape> Shapes { get; init; }

    /// <summary>What the names of rows have to match one of; none for all rows.</summary>
    public required IReadOnlyList<Glob> Filters { get; init; }

    /// <summary>Whether names are printed, and nothing is measured.</summary>
    public required bool Lists { get; init; }

    /// <summary>The run to compare with.</summary>
    public required FileInfo? Baseline { get; init; }

    /// <summary>Where the results go; a folder named by the time where it is left out.</summary>
    public required DirectoryInfo? Output { get; init; }

    /// <summary>How long all rows may take together, with their checks; the suite's own time where it is left out.</summary>
    public required TimeSpan? Budget { get; init; }

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Argument<string> suite = new Argument<string>("suite")
        {
            Description = "What is measured: quick, up to three minutes; full, more shapes; paged, pages beside tensors, and types of pages; "
                + "cascade, common prefixes.",
            DefaultValueFactory = _ => Suites.Names[0],
        }.AcceptOnlyFromAmong([.. Suites.Names]);
        Option<string[]> device = ProblemOptions.Devices();
        Option<DataType[]> type = ProblemOptions.Types();
        Option<AttentionShape[]> shape = ProblemOptions.Shapes();
        Option<AttentionShape[]> model = CommandLine.Parsed(
            "--model", "name", "The shapes of a model instead of the suite's; repeatable: "
            + string.Join(", ", ModelShape.All.Select(model => model.Name)) + ".",
            text => ModelShape.Find(text).Shapes());
        Option<Glob[]> filter = ProblemOptions.Filters("Only rows whose name (--list) matches");
        Option<bool> list = new("--list") { Description = "Prints the names of the rows, and measures nothing." };
        Option<FileInfo> baseline = new Option<FileInfo>("--baseline")
        {
            Description = "A results.json to compare with: the exit code is 3 where a row is slower beyond noise.",
        }.AcceptExistingOnly();
        Option<DirectoryInfo> output = new Option<DirectoryInfo>("--output")
        {
            Description = "The folder of results.json, results.csv, report.md and rates.png; artifacts/bench/<time> by default.",
        }.AcceptLegalFilePathsOnly();
        Option<int?> seconds = new("--seconds")
        {
            Description = "How long all rows may take together, with their checks; less for a first look.",
        };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => int.TryParse(token.Value, out int number) && number is < 1 or > LongestSeconds))
                result.AddError($"--seconds is {result.Tokens[0].Value}; it must be from 1 to {LongestSeconds}.");
        });

        RootCommand command = new("Measures the library on every device present, and checks each result before it is timed.")
        {
            suite, device, type, shape, model, filter, list, baseline, output, seconds,
        };
        command.SetAction(result => action(new Options
        {
            Suite = result.GetRequiredValue(suite),
            Devices = result.GetRequiredValue(device),
            Types = [.. result.GetRequiredValue(type).Distinct()],
            Shapes = [.. result.GetRequiredValue(shape).Concat(result.GetRequiredValue(model)).DistinctBy(given => given.ToString())],
            Filters = result.GetRequiredValue(filter),
            Lists = result.GetValue(list),
            Baseline = result.GetValue(baseline),
            Output = result.GetValue(output),
            Budget = result.GetValue(seconds) is { } number ? TimeSpan.FromSeconds(number) : null,
        }));
        return CommandLine.Run(command, arguments);
    }
}
