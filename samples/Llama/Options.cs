using System.CommandLine;
using System.Globalization;
using System.Numerics;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.Llama;

/// <summary>How the keys and values of past positions lie in device memory.</summary>
internal enum CacheLayout
{
    /// <summary>In pages of a shared pool, found through a page table.</summary>
    Paged,

    /// <summary>In one block, position after position.</summary>
    Contiguous,
}

/// <summary>What the command line asks for.</summary>
/// <param name="Model">The checkpoint; <see langword="null"/> where <paramref name="Random"/> is given.</param>
/// <param name="Tokenizer">The vocabulary that the checkpoint was trained with, likewise.</param>
/// <param name="Random">The shape of a model of random weights, to measure with; <see langword="null"/> for a checkpoint.</param>
/// <param name="Prompt">The text to continue; it may be empty.</param>
/// <param name="Steps">The most positions to process, those of the prompt included.</param>
/// <param name="Temperature">0 for the likeliest token at every step; above 0, how evenly tokens are drawn.</param>
/// <param name="Seed">What the draws start from.</param>
/// <param name="Cache">The layout of the key-value cache.</param>
/// <param name="PageSize">Tokens of a page of the paged layout.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
/// <param name="Weights">What matrices are stored as.</param>
internal sealed record Options(
    FileInfo? Model, FileInfo? Tokenizer, ModelShape? Random, string Prompt, int Steps, float Temperature, int Seed, CacheLayout Cache, int PageSize, string? Device, NumberFormat Weights)
{
    private static readonly Dictionary<string, NumberFormat> _formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["fp32"] = NumberFormat.Float32,
        ["fp16"] = NumberFormat.Float16,
        ["bf16"] = NumberFormat.BFloat16,
    };

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<FileInfo> model = new Option<FileInfo>("--model")
        {
            Description = "The checkpoint, in the format of llama2.c.",
        }.AcceptExistingOnly();
        Option<FileInfo> tokenizer = new Option<FileInfo>("--tokenizer")
        {
            Description = "The tokenizer of that checkpoint, in the format of llama2.c.",
        }.AcceptExistingOnly();
        Option<ModelShape> random = new("--random")
        {
            Description = "Instead of a checkpoint, random weights of this size, to measure how fast decoding reads them.",
            HelpName = string.Join('|', ModelShape.Known.Keys),
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (!ModelShape.Known.TryGetValue(text, out ModelShape? shape))
                    result.AddError($"--random is {text}; it must be one of {string.Join(", ", ModelShape.Known.Keys)}.");
                return shape!;
            },
        };
        Option<string> prompt = new("--prompt")
        {
            Description = "The text to continue.",
            DefaultValueFactory = _ => "",
        };
        Option<int> steps = Number("--steps", 256, "a whole number, 1 or above", value => value >= 1,
            "The most positions to process, those of the prompt included.");
        Option<float> temperature = Number("--temperature", 0f, "a finite number, 0 or above", value => value >= 0 && float.IsFinite(value),
            "0 takes the likeliest token at every step; above 0, tokens are drawn, the more evenly the higher.");
        Option<int> seed = Number("--seed", 0, "a whole number of 32 bits", _ => true,
            "What the draws start from; the same seed draws the same text.");
        Option<CacheLayout> cache = new("--cache")
        {
            Description = "How the key-value cache lies in device memory: paged or contiguous.",
            HelpName = "paged|contiguous",
            DefaultValueFactory = _ => CacheLayout.Paged,
            // The parser's own conversion would also take the numbers behind the names.
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                foreach (CacheLayout layout in Enum.GetValues<CacheLayout>())
                {
                    if (text.Equals(layout.ToString(), StringComparison.OrdinalIgnoreCase))
                        return layout;
                }
                result.AddError($"--cache is {text}; it must be paged or contiguous.");
                return default;
            },
        };
        Option<int> pageSize = Number("--page-size", 16, "a whole number from 1 to 256", value => value is >= 1 and <= 256,
            "Tokens of a page of the paged cache.");
        Option<NumberFormat> weights = new("--weights")
        {
            Description = "What matrices are stored as: fp32 unless said otherwise; in fp16 and bf16 decoding reads half as many bytes.",
            HelpName = "fp32|fp16|bf16",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (!_formats.TryGetValue(text, out NumberFormat? format))
                    result.AddError($"--weights is {text}; it must be one of {string.Join(", ", _formats.Keys)}.");
                return format!;
            },
        };
        Option<string?> device = CommandLine.Device("The device to run on, such as cuda:0, opencl:0 or cpu; the best one present by default.");

        RootCommand command = new("Continues a text with a Llama model whose attention runs on AttentionKernels.")
        {
            model, tokenizer, random, prompt, steps, temperature, seed, cache, pageSize, device, weights,
        };
        command.Validators.Add(result =>
        {
            bool isRandom = result.GetResult(random) is not null;
            bool hasModel = result.GetResult(model) is not null;
            bool hasTokenizer = result.GetResult(tokenizer) is not null;
            if (isRandom ? hasModel || hasTokenizer : !hasModel || !hasTokenizer)
                result.AddError("Give --model and --tokenizer, or --random in their place.");
            if (result.GetResult(pageSize) is { Implicit: false } && result.GetValue(cache) == CacheLayout.Contiguous)
                result.AddError("--page-size is for a paged cache; with --cache contiguous there are no pages.");
        });
        command.SetAction(result => action(new Options(
            result.GetValue(model), result.GetValue(tokenizer), result.GetValue(random), result.GetRequiredValue(prompt),
            result.GetRequiredValue(steps), result.GetRequiredValue(temperature), result.GetRequiredValue(seed),
            result.GetRequiredValue(cache), result.GetRequiredValue(pageSize), result.GetValue(device), result.GetValue(weights) ?? NumberFormat.Float32)));

        // A prompt may begin with '@'.
        return CommandLine.Run(command, arguments, mayBeFiles: false);
    }

    private static Option<T> Number<T>(string name, T preset, string requirement, Predicate<T> holds, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => preset,
            // A parser of our own, so that one message serves text that is no number and a number that is out of range.
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (!T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) || !holds(value))
                    result.AddError($"{name} is {text}; it must be {requirement}.");
                return value;
            },
        };
}
