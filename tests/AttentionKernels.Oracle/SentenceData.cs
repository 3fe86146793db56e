namespace AttentionKernels.Oracle;

/// <summary>Sentences of random words for BERT encoders with the vocabulary of bert-base-uncased, as tokens.</summary>
internal static class SentenceData
{
    // Tokens that begin and end a sentence, and where whole words are.
    private const int Begin = 101, End = 102, FirstWord = 1996, Words = 20_000;

    /// <summary>The most tokens of one of <see cref="All"/>.</summary>
    public const int Longest = 256;

    /// <summary>200 sentences of 1 to <see cref="Longest"/> tokens, rising.</summary>
    public static int[][] All { get; } = [.. Enumerable.Range(0, 200).Select(index => Of(index, 1 + (index * (Longest - 1) / 199)))];

    /// <summary>Some sentences of so many tokens each.</summary>
    public static int[][] Batch(int sentences, int tokens) => [.. Enumerable.Range(1000, sentences).Select(seed => Of(seed, tokens))];

    private static int[] Of(int seed, int tokens)
    {
        IEnumerable<int> words = RandomData.Uniform(seed, tokens, FirstWord, FirstWord + Words).Select(word => (int)word);
        return [Begin, .. words.Take(Math.Max(0, tokens - 2)), .. Enumerable.Repeat(End, Math.Min(1, tokens - 1))];
    }
}
