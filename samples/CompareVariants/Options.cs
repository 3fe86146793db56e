using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>What the command line asks for.</summary>
/// <param name="Devices">Selectors of the devices to run on; empty for every device present.</param>
/// <param name="Quick">Small shapes and few repetitions.</param>
/// <param name="Json">Where the rows go as JSON, if anywhere.</param>
/// <param name="Plot">Where the picture goes, if anywhere.</param>
/// <param name="Model">A checkpoint whose activations are the inputs; there if and only if <paramref name="Tokenizer"/> is.</param>
/// <param name="Tokenizer">The vocabulary that the checkpoint was trained with.</param>
internal sealed record Options(
    IReadOnlyList<string> Devices, bool Quick, FileInfo? Json, FileInfo? Plot, FileInfo? Model, FileInfo? Tokenizer)
{
    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<string[]> device = new("--device")
        {
            Description = "A device to run on: cpu, opencl, cuda, an index or a name; repeatable. Every device by default.",
            HelpName = "device",
            DefaultValueFactory = _ => [],
        };
        CommandLine.RefuseBlankDevices(device);
        Option<bool> quick = new("--quick") { Description = "Small shapes and few repetitions, for a first look." };
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
            device, quick, json, plot, model, tokenizer,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(model) is null != result.GetResult(tokenizer) is null)
                result.AddError("--model and --tokenizer belong together: give both or neither.");
        });
        command.SetAction(result => action(new Options(
            result.GetRequiredValue(device), result.GetValue(quick), result.GetValue(json), result.GetValue(plot),
            result.GetValue(model), result.GetValue(tokenizer))));
        return CommandLine.Run(command, arguments);
    }
}
