using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Samples.Architectures;

/// <summary>What the command line asks for.</summary>
/// <param name="Family">Which family runs; <see langword="null"/> for all in turn.</param>
/// <param name="Texts">The sentences that the encoder embeds.</param>
/// <param name="Prompt">What the decoder continues, and the encoder–decoder reads.</param>
/// <param name="Model">The decoder's checkpoint.</param>
/// <param name="Tokenizer">The vocabulary that it was trained with.</param>
/// <param name="Layer">Whose attention is shown.</param>
/// <param name="Head">Which head of it.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
/// <param name="Plot">Where the picture goes; <see langword="null"/> for none.</param>
internal sealed record Options(
    Family? Family, IReadOnlyList<string> Texts, string Prompt, FileInfo? Model, FileInfo? Tokenizer, int Layer, int Head, string? Device,
    FileInfo? Plot)
{
    /// <summary>The names of the families on the command line, in the order in which they run.</summary>
    public static readonly IReadOnlyDictionary<string, Family> Families = new Dictionary<string, Family>(StringComparer.OrdinalIgnoreCase)
    {
        ["encoder"] = Architectures.Family.Encoder,
        ["decoder"] = Architectures.Family.Decoder,
        ["encoder-decoder"] = Architectures.Family.EncoderDecoder,
    };

    private static readonly string[] _texts =
    [
        "The cat sits on the mat.", "A kitten rests on a rug.", "Stock prices fell sharply today.", "The market lost two percent.",
        "How do I bake bread at home?",
    ];

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<Family?> family = FamilyOption();
        Option<string[]> texts = new("--text")
        {
            Description = "A sentence that the encoder embeds; as often as there are sentences.",
            DefaultValueFactory = _ => _texts,
        };
        Option<string> prompt = new("--prompt")
        {
            Description = "What the decoder continues, and the encoder-decoder reads.",
            DefaultValueFactory = _ => "Once upon a time",
        };
        Option<FileInfo> model = new Option<FileInfo>("--model") { Description = "The decoder's checkpoint, in the format of llama2.c." }
            .AcceptExistingOnly();
        Option<FileInfo> tokenizer = new Option<FileInfo>("--tokenizer") { Description = "The tokenizer of that checkpoint, likewise." }
            .AcceptExistingOnly();
        Option<int> layer = IndexOption("--layer", 0, "Whose attention is shown, from 0.");
        Option<int> head = IndexOption("--head", 3, "Which head of that layer is shown, from 0.");
        Option<string?> device = CommandLine.Device();
        Option<FileInfo?> plot = new("--plot") { Description = "Draws the maps of attention into this PNG file." };

        RootCommand command = new("Runs an encoder, a decoder and an encoder-decoder, and shows who attends to whom.")
        {
            family, texts, prompt, model, tokenizer, layer, head, device, plot,
        };
        command.Validators.Add(result =>
        {
            // What is no family has an error already, and no value.
            bool isDecoder = result.GetResult(family)?.Tokens is [{ Value: var text }]
                && Families.TryGetValue(text, out Family value) && value == Architectures.Family.Decoder;
            bool hasModel = result.GetResult(model) is not null, hasTokenizer = result.GetResult(tokenizer) is not null;
            if (hasModel != hasTokenizer || (isDecoder && !hasModel))
                result.AddError("The decoder needs both --model and --tokenizer, such as stories260K.bin and tok512.bin.");
        });
        command.SetAction(result => action(new Options(
            result.GetValue(family), result.GetRequiredValue(texts), result.GetRequiredValue(prompt), result.GetValue(model),
            result.GetValue(tokenizer), result.GetValue(layer), result.GetValue(head), result.GetValue(device), result.GetValue(plot))));

        // A sentence may begin with '@'.
        return CommandLine.Run(command, arguments, mayBeFiles: false);
    }

    private static Option<Family?> FamilyOption() => new("--family")
    {
        Description = "Which family runs: " + string.Join(", ", Families.Keys) + "; all in turn where it is left out.",
        HelpName = string.Join('|', Families.Keys),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Families.TryGetValue(text, out Family family))
                return family;
            result.AddError($"--family is {text}; it must be one of {string.Join(", ", Families.Keys)}.");
            return null;
        },
    };

    private static Option<int> IndexOption(string name, int preset, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => preset,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!int.TryParse(text, out int value) || value < 0)
                result.AddError($"{name} is {text}; it must be a whole number, 0 or above.");
            return value;
        },
    };
}
