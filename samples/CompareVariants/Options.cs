using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    /// <summary>Lists of devices; empty for every device present.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>How numbers are to be stored; none for the choice of each table.</summary>
    public required IReadOnlyList<DataType> Types { get; init; }

    /// <summary>Shapes to measure instead of the built-in ones.</summary>
    public required IReadOnlyList<AttentionShape> Shapes { get; init; }

    /// <summary>What the names of rows have to match one of; none for all rows.</summary>
    public required IReadOnlyList<Glob> Filters { get; init; }

    /// <summary>Fewer shapes and less time for each.</summary>
    public required bool Quick { get; init; }

    /// <summary>Where the rows go as JSON, if anywhere.</summary>
    public required FileInfo? Json { get; init; }

    /// <summary>Where the picture goes, if anywhere.</summary>
    public required FileInfo? Plot { get; init; }

    /// <summary>A checkpoint whose activations are the inputs; there if and only if <see cref="Tokenizer"/> is.</summary>
    public required FileInfo? Model { get; init; }

    /// <summary>The vocabulary that the checkpoint was trained with.</summary>
    public required FileInfo? Tokenizer { get; init; }

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<string[]> device = ProblemOptions.Devices();
        Option<DataType[]> type = ProblemOptions.Types();
        Option<AttentionShape[]> shape = ProblemOptions.Shapes();
        Option<Glob[]> filter = ProblemOptions.Filters("Only rows whose name, such as 'decode · heads=32/8 … · paged · int8', matches");
        Option<bool> quick = new("--quick") { Description = "Fewer shapes and less time for each, for a first look." };
        Option<FileInfo> json = new Option<FileInfo>("--json")
        {
            Description = "Also writes the rows to this file, as JSON.",
        }.AcceptLegalFilePathsOnly();
        Option<FileInfo> plot = new Option<FileInfo>("--plot")
        {
            Description = "Also draws the rates into this file, as PNG.",
        }.AcceptLegalFilePathsOnly();
        Option<FileInfo> model = new Option<FileInfo>("--model")
        {
            Description = "A checkpoint in the format of llama2.c, whose activations are the inputs, instead of normal data; needs --tokenizer.",
        }.AcceptExistingOnly();
        Option<FileInfo> tokenizer = new Option<FileInfo>("--tokenizer")
        {
            Description = "The tokenizer of that checkpoint, in the format of llama2.c.",
        }.AcceptExistingOnly();

        RootCommand command = new("Runs every variant of every operation on every device, and compares results and times.")
        {
            device, type, shape, filter, quick, json, plot, model, tokenizer,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(model) is null != result.GetResult(tokenizer) is null)
                result.AddError("--model and --tokenizer belong together: give both or neither.");
        });
        command.SetAction(result => action(new Options
        {
            Devices = result.GetRequiredValue(device),
            Types = [.. result.GetRequiredValue(type).Distinct()],
            Shapes = [.. result.GetRequiredValue(shape).Distinct()],
            Filters = result.GetRequiredValue(filter),
            Quick = result.GetValue(quick),
            Json = result.GetValue(json),
            Plot = result.GetValue(plot),
            Model = result.GetValue(model),
            Tokenizer = result.GetValue(tokenizer),
        }));
        return CommandLine.Run(command, arguments);
    }
}
