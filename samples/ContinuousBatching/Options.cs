using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>What the command line asks for.</summary>
/// <param name="Model">The checkpoint.</param>
/// <param name="Tokenizer">The vocabulary that the checkpoint was trained with.</param>
/// <param name="Requests">How many requests.</param>
/// <param name="Seed">What their lengths and times of arrival are drawn from.</param>
/// <param name="Server">How the server works.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
/// <param name="Json">Takes the report; none where <see langword="null"/>.</param>
internal sealed record Options(FileInfo Model, FileInfo Tokenizer, int Requests, int Seed, ServerOptions Server, string? Device, FileInfo? Json)
{
    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<FileInfo> model = new Option<FileInfo>("--model") { Description = "The checkpoint, in the format of llama2.c.", Required = true }.AcceptExistingOnly();
        Option<FileInfo> tokenizer = new Option<FileInfo>("--tokenizer")
        {
            Description = "The tokenizer of that checkpoint, in the format of llama2.c.",
            Required = true,
        }.AcceptExistingOnly();
        Option<int> requests = CommandLine.Number("--requests", 64, 1, 100_000, "How many requests come.");
        Option<int> pages = CommandLine.Number("--pages", 256, 1, 1 << 24, "Pages of the cache.");
        Option<int> pageSize = CommandLine.Number("--page-size", 8, 1, 256, "Tokens of a page.");
        Option<int> running = CommandLine.Number("--running", 16, 1, 4096, "The most requests that run at once.");
        Option<int> tokens = CommandLine.Number("--tokens-per-step", 256, 1, 1 << 20, "The most tokens of a step.");
        Option<int> seed = CommandLine.Number("--seed", 0, int.MinValue, int.MaxValue, "What lengths and times of arrival are drawn from.");
        Option<Preemption> preemption = new("--preemption")
        {
            Description = "What becomes of a running request when pages run out: swap or recompute.",
            HelpName = "swap|recompute",
            DefaultValueFactory = _ => Preemption.Swap,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                foreach (Preemption known in Enum.GetValues<Preemption>())
                {
                    if (text.Equals(known.ToString(), StringComparison.OrdinalIgnoreCase))
                        return known;
                }
                result.AddError($"--preemption is {text}; it must be swap or recompute.");
                return default;
            },
        };
        Option<string?> device = new("--device") { Description = "The device to run on, such as cuda:0, opencl:0 or cpu; the best one present by default." };
        Option<FileInfo?> json = new("--json") { Description = "A file for the report, with every step and every text." };
        json.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }] && Directory.Exists(path))
                result.AddError($"--json is {path}, a folder; it must be a file.");
        });

        RootCommand command = new("Serves many requests with a Llama model: they come and go, and those that run share steps, pages and prefixes.")
        {
            model, tokenizer, requests, pages, pageSize, running, tokens, seed, preemption, device, json,
        };
        command.SetAction(result => action(new Options(
            result.GetRequiredValue(model), result.GetRequiredValue(tokenizer), result.GetRequiredValue(requests), result.GetRequiredValue(seed),
            new ServerOptions
            {
                Pages = result.GetRequiredValue(pages),
                PageSize = result.GetRequiredValue(pageSize),
                MaximumRunning = result.GetRequiredValue(running),
                TokensPerStep = result.GetRequiredValue(tokens),
                Preemption = result.GetRequiredValue(preemption),
            },
            result.GetValue(device), result.GetValue(json))));
        return CommandLine.Run(command, arguments);
    }
}
