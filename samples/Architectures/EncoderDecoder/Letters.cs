namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>A vocabulary of letters.</summary>
internal static class Letters
{
    /// <summary>The token that a target begins with.</summary>
    public const int Begin = 0;

    /// <summary>The token that ends a source or a target.</summary>
    public const int End = 1;

    private const int First = 2;
    private const string Alphabet = ".abcdefghijklmnopqrstuvwxyz ";

    /// <summary>The number of tokens.</summary>
    public static int Count => First + Alphabet.Length;

    /// <summary>The tokens of a text, <see cref="End"/> last: capitals as small letters, all else as full stops.</summary>
    public static int[] Encode(string text) =>
        [.. text.ToLowerInvariant().Select(letter => First + Math.Max(0, Alphabet.IndexOf(letter, StringComparison.Ordinal))), End];

    /// <summary>The text of a token; a space is shown as a point, so that people see it.</summary>
    public static string Decode(int token) => token switch
    {
        Begin => "‹",
        End => "›",
        _ => Alphabet[token - First] is ' ' ? "·" : Alphabet[token - First].ToString(),
    };
}
