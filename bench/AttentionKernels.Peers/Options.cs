using System.CommandLine;
using AttentionKernels.Samples.Arguments;
using AttentionKernels.Peers.Recording;

namespace AttentionKernels.Peers;

/// <summary>What the command line asks for.</summary>
/// <param name="Device"><c>cpu</c>, <c>opencl</c>, or <c>all</c> that are present.</param>
/// <param name="Filter">What an operation, a shape, a peer or its way has to contain, if anything.</param>
/// <param name="Repetitions">How many pairs of samples a row has.</param>
/// <param name="Patience">The time after which a row has to do with fewer.</param>
/// <param name="Quick">Fewer and smaller shapes, and few repetitions.</param>
/// <param name="Json">Where the rows go as JSON, if anywhere.</param>
/// <param name="Model">A checkpoint to run instead of random weights, if any.</param>
/// <param name="TestData">What is to be recorded for the tests, instead of a comparison.</param>
internal sealed record Options(
    string Device, string? Filter, int Repetitions, TimeSpan Patience, bool Quick, FileInfo? Json, FileInfo? Model, TestData TestData)
{
    /// <summary>The device of <c>--device</c> that means every one.</summary>
    public const string AllDevices = "all";

    private const int FullRepetitions = 15, QuickRepetitions = 5;

    private static readonly TimeSpan _quickPatience = TimeSpan.FromSeconds(0.7);

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<string> device = new Option<string>("--device")
        {
            Description = "The library's device: cpu, the managed one; opencl, the processor through OpenCL; or all that are present.",
            HelpName = "device",
            DefaultValueFactory = _ => AllDevices,
        }.AcceptOnlyFromAmong("cpu", "opencl", AllDevices);
        Option<string> filter = new("--filter")
        {
            Description = "Only rows with this text in operation, shape, peer or the peer's way, such as decode or TorchSharp.",
            HelpName = "text",
        };
        Option<int?> repetitions = new("--repetitions")
        {
            Description = $"How many pairs of samples a row has; {FullRepetitions} by default, {QuickRepetitions} with --quick.",
            HelpName = "number",
        };
        repetitions.Validators.Add(result =>
        {
            // What is no number at all has an error already.
            if (result.Tokens.Any(token => int.TryParse(token.Value, out int number) && number < 1))
                result.AddError("--repetitions is less than 1; it must be at least 1.");
        });
        Option<bool> quick = new("--quick") { Description = "Fewer and smaller shapes and few repetitions, for a first look." };
        Option<FileInfo> json = new Option<FileInfo>("--json")
        {
            Description = "Also writes the rows to this file, as JSON.",
        }.AcceptLegalFilePathsOnly();

        Option<FileInfo> model = new Option<FileInfo>("--model")
        {
            Description = "A checkpoint in the format of llama2.c for the rows of whole models, instead of random weights.",
        }.AcceptExistingOnly();

        Option<FileInfo> embeddings = new Option<FileInfo>("--record-embeddings")
        {
            Description = "Only writes to this file, as fp16, what ONNX Runtime makes of the sentences that a test has.",
        }.AcceptLegalFilePathsOnly();

        Option<FileInfo> pyTorch = new Option<FileInfo>("--record-pytorch")
        {
            Description = "Only writes to this file what PyTorch makes of the norms and attention that tests have.",
        }.AcceptLegalFilePathsOnly();

        RootCommand command = new(
            "Measures the library against TorchSharp, ONNX Runtime, llama.cpp and the machine itself, on the same data, in turn.")
        {
            device, filter, repetitions, quick, json, model, embeddings, pyTorch,
        };
        command.SetAction(result =>
        {
            bool isQuick = result.GetValue(quick);
            int? wanted = result.GetValue(repetitions);
            return action(new Options(
                result.GetRequiredValue(device),
                result.GetValue(filter),
                wanted ?? (isQuick ? QuickRepetitions : FullRepetitions),
                // A first look is soon over, even at what is slow; but who asks for a number gets it.
                isQuick && wanted is null ? _quickPatience : TimeSpan.MaxValue,
                isQuick,
                result.GetValue(json),
                result.GetValue(model),
                new TestData(result.GetValue(embeddings), result.GetValue(pyTorch))));
        });
        return CommandLine.Run(command, arguments);
    }
}
