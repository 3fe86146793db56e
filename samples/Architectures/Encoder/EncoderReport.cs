using System.Globalization;
using System.Numerics.Tensors;
using AttentionKernels.Samples.Architectures.Maps;
using Spectre.Console;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>What an encoder makes of sentences, for people to read: how similar they are, and who attends to whom.</summary>
internal sealed class EncoderReport(IAnsiConsole console)
{
    /// <summary>Runs the encoder and writes all of it.</summary>
    /// <returns>The map of the chosen layer.</returns>
    /// <exception cref="FamilyUnavailableException">The model has no such layer or head.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public IReadOnlyList<LabelledMap> Write(AttentionDevice device, Options options)
    {
        using var encoder = new SentenceEncoder(device, SentenceEncoder.ModelAssembly);
        FamilyUnavailableException.Check(options, encoder.Layers, SentenceEncoder.Heads);

        // As everything here, this program runs without ICU, which a fresh Debian has not; the model was trained without accents.
        if (options.Texts.Any(text => text.Any(letter => letter > '\x7F' && char.IsLetter(letter))))
            Console.Error.WriteLine("Words with letters beyond ASCII may be unknown to the model; write them without accents.");
        int[][] sentences = [.. options.Texts.Select(encoder.Tokenize)];
        int count = sentences.Sum(tokens => tokens.Length);
        console.MarkupLineInterpolated(
            $"[bold]Encoder[/]: all-MiniLM-L6-v2 on {device.Description.Name}, {count} tokens in sentences: {sentences.Length}");
        console.WriteLine("All tokens of a sentence attend to all, those behind them too, in one pass.");
        console.WriteLine("Each output knows both sides of its word: their mean embeds the sentence.");
        WriteSimilarities(options.Texts, encoder.Embed(sentences), encoder.Hidden);

        string[] pieces = [.. sentences[0].Select(encoder.Piece)];
        float[] weights = encoder.AttentionMap(sentences[0], options.Layer);
        var map = new LabelledMap($"Encoder, self attention of layer {options.Layer}", pieces, pieces, weights, options.Head);
        MapText.Write(console, map);
        return [map];
    }

    private void WriteSimilarities(IReadOnlyList<string> texts, float[] embeddings, int hidden)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("similarity");
        for (int column = 0; column < texts.Count; column++)
            table.AddColumn(new TableColumn((column + 1).ToString(CultureInfo.InvariantCulture)).RightAligned());
        for (int row = 0; row < texts.Count; row++)
        {
            int first = row * hidden;
            IEnumerable<string> similarities = Enumerable.Range(0, texts.Count).Select(other => TensorPrimitives.Dot<float>(
                embeddings.AsSpan(first, hidden), embeddings.AsSpan(other * hidden, hidden)).ToString("F2", CultureInfo.InvariantCulture));
            table.AddRow([Markup.Escape($"{row + 1} {texts[row]}"), .. similarities]);
        }

        console.Write(table);
    }
}
