using System.CommandLine;
using System.CommandLine.Parsing;
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

    /// <summary>Whether the report is shown in the browser at the end.</summary>
    public required bool Opens { get; init; }

    /// <summary>The shapes of a program, to be measured instead of a suite.</summary>
    public FileInfo? Replay { get; init; }

    /// <summary>Which kernels are shown, instead of measuring.</summary>
    public DumpRequest? Dump { get; init; }

    /// <summary>Reads the command line and hands its options to what they are for.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="measure">Measures.</param>
    /// <param name="compare">Compares runs, after <c>compare</c>.</param>
    /// <returns>The exit code: that of what was run, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> measure, Func<ComparisonOptions, int> compare)
    {
        Argument<string> suite = new Argument<string>("suite")
        {
            Description = "What is measured: quick, up to three minutes; full, more shapes; paged, pages beside tensors, and types of "
                + "pages; cascade, common prefixes; lengths, times against keys.",
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
        Option<DirectoryInfo> output = ComparisonOptions.Output(
            "The folder of results.json, results.csv, report.md, report.html and rates.png; artifacts/bench/<time> by default.");
        Option<bool> open = ComparisonOptions.Open();
        Option<int?> seconds = new("--seconds")
        {
            Description = "How long all rows may take together, with their checks; less for a first look.",
        };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => int.TryParse(token.Value, out int number) && number is < 1 or > LongestSeconds))
                result.AddError($"--seconds is {result.Tokens[0].Value}; it must be from 1 to {LongestSeconds}.");
        });

        Option<FileInfo> replay = new Option<FileInfo>("--replay")
        {
            Description = "Measures the shapes that a program recorded with AttentionDevice.TraceShapes, and what all of its calls take.",
        }.AcceptExistingOnly();
        Option<string?> dump = new("--dump")
        {
            Description = "Shows kernels whose name matches, as PTX or OpenCL C, and SASS where PATH has ptxas and nvdisasm, beside source "
                + "and paper; into the folder of --output too. Alone, it lists their names.",
            HelpName = "kernel",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int[]> capability = CommandLine.Parsed(
            "--capability", "version", "With --dump: PTX of a compute capability such as 8.0, without a CUDA device.",
            text => (int[])[DumpRequest.ParseCapability(text)]);

        RootCommand command = new("Measures the library on every device present, and checks each result before it is timed.")
        {
            suite, device, type, shape, model, filter, list, baseline, output, seconds, open, replay, dump, capability,
            ComparisonOptions.Command(compare),
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(capability) is { Implicit: false } && result.GetResult(dump) is null)
                result.AddError("--capability says what --dump shows; it must not be there without it.");
            Refuse(replay, suite, type, shape, model, dump);
            Refuse(dump, suite, shape, model, filter, baseline, seconds, open);
            if (result.GetResult(dump) is not null && result.GetValue(type) is { Length: > 1 } or [{ IsOfTensors: false }])
                result.AddError("--dump shows kernels of one --dtype, which must be one of tensors: fp32, fp16 or bf16.");

            // What an option would leave unread.
            void Refuse(Option given, params Symbol[] others)
            {
                foreach (Symbol other in others.Where(other => result.GetResult(given) is not null && IsGiven(result, other)))
                    result.AddError($"{other.Name} must not be there with {given.Name}, which does not read it.");
            }
        });
        command.SetAction(result => measure(new Options
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
            Opens = result.GetValue(open),
            Replay = result.GetValue(replay),
            Dump = result.GetResult(dump) is null
                ? null
                : new DumpRequest(
                    result.GetValue(dump) is { } kernels ? new Glob(kernels) : null,
                    result.GetRequiredValue(capability).Select(version => (int?)version).LastOrDefault()),
        }));
        return CommandLine.Run(command, arguments);
    }

    private static bool IsGiven(CommandResult result, Symbol symbol) => symbol switch
    {
        Option option => result.GetResult(option) is { Implicit: false },
        Argument argument => result.GetResult(argument) is { Tokens.Count: > 0 },
        _ => false,
    };
}
