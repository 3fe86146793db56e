using System.CommandLine;

namespace AttentionKernels.Samples.Architectures;

/// <summary>What the command line asks for.</summary>
/// <param name="Texts">The sentences.</param>
/// <param name="Layer">Whose attention is shown.</param>
/// <param name="Head">Which head of it.</param>
/// <param name="Device">A device selector such as <c>cuda:0</c>; <see langword="null"/> for the best device present.</param>
internal sealed record Options(IReadOnlyList<string> Texts, int Layer, int Head, string? Device)
{
    private static readonly string[] _texts =
    [
        "The cat sits on the mat.", "A kitten rests on a rug.", "Stock prices fell sharply today.", "The market lost two percent.",
        "How do I bake bread at home?",
    ];

    /// <summary>Reads the command line and hands its options to <paramref name="action"/>.</summary>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(string[] arguments, Func<Options, int> action)
    {
        Option<string[]> texts = new("--text")
        {
            Description = "A sentence; as often as there are sentences.",
            DefaultValueFactory = _ => _texts,
        };
        Option<int> layer = new("--layer") { Description = "Whose attention is shown, from 0." };
        Option<int> head = new("--head") { Description = "Which head of that layer is shown, from 0.", DefaultValueFactory = _ => 3 };
        Option<string?> device = new("--device") { Description = "cpu, opencl, cuda:1, …; the best device present where it is left out." };
        foreach (Option<int> number in (Option<int>[])[layer, head])
        {
            number.Validators.Add(result =>
            {
                // What is no number at all has an error already.
                if (result.Tokens.Any(token => int.TryParse(token.Value, out int value) && value < 0))
                    result.AddError($"{number.Name} must be at least 0.");
            });
        }

        RootCommand command = new("Embeds sentences with an encoder, all-MiniLM-L6-v2, and shows who attends to whom.") { texts, layer, head, device };
        command.SetAction(result => action(new Options(
            result.GetRequiredValue(texts), result.GetValue(layer), result.GetValue(head), result.GetValue(device))));
        device.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
                result.AddError("--device is blank; it must name a device, such as cuda:0, opencl:0 or cpu.");
        });

        // A sentence may begin with '@'; it must not be taken for the name of a file of further arguments.
        return command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null }).Invoke();
    }
}
