using System.Text;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>Requests as a server may get them: few ways to begin, many ways to go on, and lengths of all kinds.</summary>
internal static class Workload
{
    private const int ShortestAnswer = 48;
    private const int LongestAnswer = 240;

    // What a service puts before every question.
    private static readonly string[] openings =
    [
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park with her friends. ",
        "One day, a boy named Tim found a big red ball under a tree. He was very happy and ran home to show it to his mom. ",
        "Tom and Sam were best friends. They liked to play with cars and trucks in the sand all day long. ",
    ];

    private static readonly string[] questions =
    [
        "It was a sunny day", "She saw a big dog", "He wanted to share", "They were not sad", "Then it started to rain", "A bird came and said",
        "The cat was hungry", "Mom said no",
    ];

    /// <summary>Makes requests; the same ones for the same numbers.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="count">How many.</param>
    /// <param name="maximumPositions">The most tokens of a sequence.</param>
    /// <param name="seed">What lengths and times of arrival are drawn from.</param>
    public static Request[] Make(Tokenizer tokenizer, int count, int maximumPositions, int seed)
    {
        Random random = new(seed);
        int arrival = 0;
        return [.. Enumerable.Range(0, count).Select(number =>
        {
            int[] prompt = tokenizer.Encode(openings[random.Next(openings.Length)] + questions[random.Next(questions.Length)]);
            arrival += random.Next(8);
            int answer = Math.Max(1, Math.Min(random.Next(ShortestAnswer, LongestAnswer), maximumPositions - prompt.Length));
            return new Request(number, arrival, prompt, answer);
        })];
    }

    /// <summary>The text of a request's tokens.</summary>
    public static string Text(Tokenizer tokenizer, Request request)
    {
        using MemoryStream text = new();
        for (int index = 1; index < request.Tokens.Count; index++)
        {
            if (request.Tokens[index] == Tokenizer.BeginningOfSequence)
                break;
            text.Write(tokenizer.Decode(request.Tokens[index - 1], request.Tokens[index]));
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
