using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>The text whose perplexity is measured: stories in the words of a small child, one behind the other.</summary>
/// <remarks>
/// <para>They were written for this sample, in the style of what the tinyllamas were trained on (Eldan and Li, "TinyStories: How Small Can
/// Language Models Be and Still Speak Coherent English?", 2023). Text sampled from the model would favour the rotation that it was sampled
/// with. As in training, a story follows another behind the token that begins a sequence.</para>
/// <para>One text has easy and hard words at certain positions, which would hide what positions do. So there are several texts, which begin
/// with different stories and go round: each has the same tokens, but at other positions.</para>
/// </remarks>
internal static class StoryText
{
    private const string Resource = "Stories.txt";

    /// <summary>The stories, without line ends.</summary>
    public static IReadOnlyList<string> Stories { get; } = Read();

    /// <summary>The texts as tokens, all of the same length.</summary>
    /// <param name="tokenizer">Cuts them.</param>
    /// <param name="count">How many texts; at most as many as there are stories.</param>
    public static int[][] Texts(Tokenizer tokenizer, int count)
    {
        int[][] stories = [.. Stories.Select(tokenizer.Encode)];
        return [.. Enumerable.Range(0, count).Select(text => text * stories.Length / count)
            .Select(first => stories[first..].Concat(stories[..first]).SelectMany(tokens => tokens).ToArray())];
    }

    private static string[] Read()
    {
        using var reader = new StreamReader(typeof(StoryText).Assembly.GetManifestResourceStream(Resource)!);
        return [.. reader.ReadToEnd().ReplaceLineEndings("\n").Trim().Split("\n\n").Select(story => story.Replace('\n', ' '))];
    }
}
