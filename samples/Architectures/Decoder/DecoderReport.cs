using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using AttentionKernels.Samples.Architectures.Maps;
using AttentionKernels.Samples.Llama;
using Spectre.Console;

namespace AttentionKernels.Samples.Architectures.Decoder;

/// <summary>How a decoder continues a prompt, for people to read: what may come next, the text, and who attends to whom.</summary>
internal sealed class DecoderReport(IAnsiConsole console)
{
    private const int NewTokens = 16, Candidates = 5;

    /// <summary>Runs the decoder and writes all of it.</summary>
    /// <returns>The map of the chosen layer.</returns>
    /// <exception cref="FamilyUnavailableException">There is no model, it has no such layer or head, or the prompt is too long.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public IReadOnlyList<LabelledMap> Write(AttentionDevice device, Options options)
    {
        if (options.Model is null || options.Tokenizer is null)
            throw new FamilyUnavailableException("The decoder needs --model and --tokenizer, such as stories260K.bin and tok512.bin.");
        Checkpoint checkpoint = Checkpoint.Load(options.Model);
        ModelShape shape = checkpoint.Shape;
        Tokenizer tokenizer = Tokenizer.Load(options.Tokenizer, shape.Vocabulary);
        FamilyUnavailableException.Check(options, shape.Layers, shape.Heads);
        int[] prompt = tokenizer.Encode(options.Prompt);
        if (prompt.Length + NewTokens > shape.MaximumPositions)
        {
            throw new FamilyUnavailableException(
                $"The prompt has {prompt.Length} tokens, and {NewTokens} are added; the model has {shape.MaximumPositions} positions.");
        }

        using var model = new StoryTeller(device, checkpoint);
        string heads = $"{shape.Heads} heads over {shape.KeyValueHeads} kv heads";
        console.MarkupLineInterpolated($"[bold]Decoder[/]: {options.Model.Name} on {device.Description.Name}, {heads}");
        console.WriteLine("A token attends to itself and to those before it (causal mask), so that keys and");
        console.WriteLine("values never change: they are cached, and a step computes one token.");

        float[] next = model.Prefill(prompt);
        console.WriteLine($"Next may be {Likeliest(tokenizer, prompt[^1], next)}");
        List<int> tokens = [.. prompt];
        while (tokens.Count < prompt.Length + NewTokens)
        {
            int token = TensorPrimitives.IndexOfMax<float>(next);
            if (token == Tokenizer.BeginningOfSequence)
                break;
            tokens.Add(token);
            next = model.Decode(token);
        }

        console.WriteLine($"Greedily, a token a step: {Text(tokenizer, tokens)}");
        string[] pieces = [.. tokens.Index().Select(at => Piece(tokenizer, at.Index == 0 ? at.Item : tokens[at.Index - 1], at.Item))];
        float[] weights = model.Map(model.Observe([.. tokens], options.Layer));
        var map = new LabelledMap($"Decoder, causal self attention of layer {options.Layer}", pieces, pieces, weights, options.Head);
        MapText.Write(console, map);
        return [map];
    }

    private static string Likeliest(Tokenizer tokenizer, int previous, float[] probabilities) => string.Join(", ", probabilities.Index()
        .OrderByDescending(token => token.Item).Take(Candidates)
        .Select(token => string.Create(CultureInfo.InvariantCulture, $"\"{Piece(tokenizer, previous, token.Index)}\" {token.Item:P0}")));

    private static string Text(Tokenizer tokenizer, List<int> tokens) =>
        Encoding.UTF8.GetString([.. Enumerable.Range(1, tokens.Count - 1).SelectMany(at => tokenizer.Decode(tokens[at - 1], tokens[at]))]);

    // A token as people can see it, its spaces as points.
    private static string Piece(Tokenizer tokenizer, int previous, int token) => token == Tokenizer.BeginningOfSequence
        ? "<s>"
        : Encoding.UTF8.GetString(tokenizer.Decode(previous, token)).Replace(' ', '·').Replace("\n", "\\n");
}
