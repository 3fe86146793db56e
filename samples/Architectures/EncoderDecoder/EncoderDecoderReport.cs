using System.Numerics.Tensors;
using AttentionKernels.Samples.Architectures.Maps;
using Spectre.Console;

namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>How an encoder–decoder reads a source and writes a target, for people to read: shapes, text, and who attends to whom.</summary>
internal sealed class EncoderDecoderReport(IAnsiConsole console)
{
    private const int Seed = 6, NewTokens = 14;

    /// <summary>Runs the model and writes all of it.</summary>
    /// <returns>The maps of the chosen layer: of the source, of the target, and between them.</returns>
    /// <exception cref="FamilyUnavailableException">The model has no such layer or head, or the prompt is too long for it.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public IReadOnlyList<LabelledMap> Write(AttentionDevice device, Options options)
    {
        T5Weights weights = T5Weights.Random(new T5Shape(), Seed);
        FamilyUnavailableException.Check(options, weights.Shape.Layers, weights.Shape.Heads);
        int[] source = Letters.Encode(options.Prompt);
        if (source.Length > weights.Shape.MaximumTokens)
            throw new FamilyUnavailableException($"The prompt has {source.Length} tokens; {weights.Shape.MaximumTokens} are the most.");
        using var model = new T5Model(device, weights);
        console.MarkupLineInterpolated($"[bold]Encoder–decoder[/]: a small T5 on {device.Description.Name}");
        console.WriteLine($"Its weights are random (seed {Seed}): the text that it gives means nothing.");
        console.WriteLine("Source tokens attend to all of the source; target tokens to the target so far,");
        console.WriteLine("and by cross attention to the source. A translation reads its source once: keys");
        console.WriteLine("and values of cross attention are computed then, and used again at each step.");

        var seen = new MapRecorder(weights, options.Layer);
        model.Observer = seen.Observe;
        using KeyValueRows read = model.Encode(source);
        int[] target = Generate(model, read);
        WriteFlow(weights.Shape, source.Length, target.Length);
        console.WriteLine($"{Text(source)} → {Text(target)}");

        // The same tokens once more, in one pass, which shows all queries together.
        using KeyValueRows cache = model.NewCache();
        model.Decode(target, read, cache);
        IReadOnlyList<LabelledMap> maps =
        [
            seen.Map(AttentionKind.Source, "Self attention of the source", source, source, options.Head),
            seen.Map(AttentionKind.Target, "Causal self attention of the target", target, target, options.Head),
            seen.Map(AttentionKind.Cross, "Cross attention of target to source", target, source, options.Head),
        ];
        MapText.Write(console, maps[^1]);
        return maps;
    }

    // The likeliest token at each step.
    private static int[] Generate(T5Model model, KeyValueRows read)
    {
        using KeyValueRows cache = model.NewCache();
        List<int> target = [Letters.Begin];
        while (target.Count <= NewTokens && target[^1] != Letters.End)
            target.Add(TensorPrimitives.IndexOfMax<float>(model.Decode([target[^1]], read, cache)));
        return [.. target];
    }

    private static string Text(int[] tokens) => string.Concat(tokens.Select(Letters.Decode));

    private void WriteFlow(T5Shape shape, int source, int target)
    {
        console.Write(new Table().Border(TableBorder.Rounded).AddColumns("attention", "queries", "keys, values", "computed")
            .AddRow("encoder, self", Rows($"{source}"), Rows($"{source}"), "once")
            .AddRow("decoder, self, causal", Rows("1"), Rows($"1…{target - 1}"), "each step")
            .AddRow("decoder, cross", Rows("1"), Rows($"{source}"), "keys once"));
        console.WriteLine("Self attention has T5's relative bias, cross attention has none.");
        console.WriteLine($"The encoder gives [{source}, {shape.Dimension}]; a step of the decoder gives logits [{shape.Vocabulary}].");

        string Rows(string tokens) => Markup.Escape($"[1, {tokens}, {shape.Heads}, {shape.HeadDimension}]");
    }
}
