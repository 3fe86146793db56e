using System.Globalization;
using System.Numerics.Tensors;
using Spectre.Console;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>What an encoder makes of sentences, for people to read: how similar they are, and who attends to whom.</summary>
internal sealed class EncoderReport(IAnsiConsole console)
{
    private const string Shades = " ░▒▓█";

    // Tokens whose columns, two characters each, fit into a line behind all but the longest pieces of words.
    private const int MostTokens = 30;

    /// <summary>Writes all of it.</summary>
    public void Write(SentenceEncoder encoder, Options options, int[][] sentences, string device)
    {
        console.MarkupLineInterpolated($"all-MiniLM-L6-v2 on {device}: {sentences.Sum(tokens => tokens.Length)} tokens in sentences: {sentences.Length}");
        console.WriteLine("An encoder: each token attends to its whole sentence.");
        WriteSimilarities(options.Texts, encoder.Embed(sentences), encoder.Hidden);
        WriteMap(encoder, sentences[0], options.Layer, options.Head);
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

    private void WriteMap(SentenceEncoder encoder, int[] sentence, int layer, int head)
    {
        float[] map = encoder.AttentionMap(sentence, layer);
        int tokens = sentence.Length;
        int shown = Math.Min(tokens, MostTokens);
        ReadOnlySpan<float> weights = map.AsSpan(head * tokens * tokens, tokens * tokens);
        float largest = TensorPrimitives.Max(weights);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Attention of layer {layer}, head {head}: a row for each query, █ = {largest:F2}"));
        if (shown < tokens)
            console.WriteLine($"The first {shown} of {tokens} tokens are shown.");
        int width = sentence.Take(shown).Max(token => encoder.Piece(token).Length);
        for (int query = 0; query < shown; query++)
        {
            string row = encoder.Piece(sentence[query]).PadLeft(width) + " ";
            foreach (float weight in weights.Slice(query * tokens, shown))
            {
                char shade = Shades[(int)MathF.Round(weight / largest * (Shades.Length - 1))];
                row += $"{shade}{shade}";
            }

            console.WriteLine(row);
        }
    }
}
