using System.Buffers.Binary;
using System.Text;

namespace AttentionKernels.Samples.Llama;

/// <summary>Turns text into tokens and back, by the byte-pair encoding of SentencePiece as llama2.c stores and applies it.</summary>
/// <remarks>
/// A piece is a run of bytes, not of characters: one character may be spread over several tokens. Pieces are kept as
/// strings of one <see cref="char"/> per byte (Latin-1), so that they can be joined and looked up by ordinary string operations.
/// </remarks>
internal sealed class Tokenizer
{
    /// <summary>The token that begins a text; a model that gives it has ended one.</summary>
    public const int BeginningOfSequence = 1;

    // Behind the three control tokens comes one token for every byte, for text that no other piece spells.
    private const int FirstByteToken = 3;
    private const int ByteTokens = 256;

    private readonly string[] pieces;
    private readonly float[] scores;
    private readonly Dictionary<string, int> tokens = new(StringComparer.Ordinal);

    private Tokenizer(string[] pieces, float[] scores)
    {
        this.pieces = pieces;
        this.scores = scores;
        // Of two equal pieces the first counts.
        for (int token = 0; token < pieces.Length; token++)
            tokens.TryAdd(pieces[token], token);
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="file">The file: the length of the longest piece, then per piece its score, its length and its bytes.</param>
    /// <param name="vocabulary">The number of pieces, which only the checkpoint knows.</param>
    /// <exception cref="InvalidDataException">The file is cut short, or is not the tokenizer of such a vocabulary.</exception>
    public static Tokenizer Load(FileInfo file, int vocabulary)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file.FullName);
        int position = 0;
        int longest = BinaryPrimitives.ReadInt32LittleEndian(Take(bytes, sizeof(int), "the length of the longest piece"));
        if (longest < 1)
            throw Invalid($"its longest piece has {longest} bytes, expected at least 1");
        // Every piece takes 9 bytes at least. The check keeps a wrong vocabulary from allocating more than the file could fill.
        if (vocabulary > bytes.Length / 9)
            throw Invalid($"it is {bytes.Length} bytes long, expected the {vocabulary} pieces of the checkpoint's vocabulary");

        var pieces = new string[vocabulary];
        float[] scores = new float[vocabulary];
        for (int token = 0; token < vocabulary; token++)
        {
            scores[token] = BinaryPrimitives.ReadSingleLittleEndian(
                Take(bytes, sizeof(float), $"the score of piece {token} of {vocabulary}"));
            if (!float.IsFinite(scores[token]))
                throw Invalid($"the score of piece {token} is {scores[token]}, expected a finite number");
            int length = BinaryPrimitives.ReadInt32LittleEndian(
                Take(bytes, sizeof(int), $"the length of piece {token} of {vocabulary}"));
            if (length < 1 || length > longest)
                throw Invalid($"piece {token} has {length} bytes, expected 1 to {longest}");
            pieces[token] = Encoding.Latin1.GetString(Take(bytes, length, $"piece {token} of {vocabulary}"));
        }
        if (position != bytes.Length)
            throw Invalid($"{bytes.Length - position} bytes follow the {vocabulary} pieces of the checkpoint's vocabulary, expected none");

        if (vocabulary < FirstByteToken + ByteTokens)
            throw Invalid($"it has {vocabulary} pieces, expected at least {FirstByteToken + ByteTokens}, one for every byte among them");
        for (int value = 0; value < ByteTokens; value++)
        {
            if (pieces[FirstByteToken + value] != $"<0x{value:X2}>")
                throw Invalid($"piece {FirstByteToken + value} is not the byte <0x{value:X2}>, as expected");
        }
        return new Tokenizer(pieces, scores);

        ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, int length, string what)
        {
            if (bytes.Length - position < length)
                throw Invalid($"it ends after {bytes.Length} bytes, within {what}");
            position += length;
            return bytes.Slice(position - length, length);
        }

        InvalidDataException Invalid(string problem) => new($"{file} is not the checkpoint's tokenizer: {problem}.");
    }

    /// <summary>The tokens of a text, <see cref="BeginningOfSequence"/> first.</summary>
    public int[] Encode(string text)
    {
        List<int> symbols = [BeginningOfSequence];
        // A text begins like any other word, behind a space; an empty text has no words.
        string spaced = text.Length == 0 ? "" : " " + text;
        foreach (Rune character in spaced.EnumerateRunes())
            AddCharacter(symbols, character);
        return Merge([.. symbols]);
    }

    /// <summary>The bytes that a token adds to the text. They may be a part of a character only.</summary>
    /// <param name="previous">The token in front: a space behind <see cref="BeginningOfSequence"/> is not part of the text.</param>
    /// <param name="token">The token.</param>
    public byte[] Decode(int previous, int token)
    {
        if (token is >= FirstByteToken and < FirstByteToken + ByteTokens)
        {
            byte value = (byte)(token - FirstByteToken);
            // As in llama2.c, a lone control character is not text: a terminal would act on it.
            bool isControl = char.IsAscii((char)value) && char.IsControl((char)value) && !char.IsWhiteSpace((char)value);
            return isControl ? [] : [value];
        }
        byte[] bytes = Encoding.Latin1.GetBytes(pieces[token]);
        return previous == BeginningOfSequence && bytes[0] == ' ' ? bytes[1..] : bytes;
    }

    private void AddCharacter(List<int> symbols, Rune character)
    {
        Span<byte> buffer = stackalloc byte[4];
        ReadOnlySpan<byte> bytes = buffer[..character.EncodeToUtf8(buffer)];
        if (tokens.TryGetValue(Encoding.Latin1.GetString(bytes), out int token))
        {
            symbols.Add(token);
            return;
        }
        foreach (byte value in bytes)
            symbols.Add(FirstByteToken + value);
    }

    /// <summary>Joins the two neighbours whose joint piece scores best, the first ones among equals, until none make a piece.</summary>
    /// <remarks>
    /// Symbols form a linked list, and the possible merges a queue: time grows as n log n, where a search through all
    /// pairs per merge would take n². A queued merge is void once either of its symbols has been merged with another.
    /// </remarks>
    private int[] Merge(int[] symbols)
    {
        const int Merged = -1;
        int[] next = [.. Enumerable.Range(1, symbols.Length)];
        int[] previous = [.. Enumerable.Range(-1, symbols.Length)];
        PriorityQueue<(int Left, int LeftToken, int Right, int RightToken, int Token), (float NegativeScore, int Left)> merges = new();
        for (int index = 0; index < symbols.Length; index++)
            Enqueue(index);

        while (merges.TryDequeue(out var merge, out _))
        {
            if (symbols[merge.Left] != merge.LeftToken || symbols[merge.Right] != merge.RightToken)
                continue;
            symbols[merge.Left] = merge.Token;
            symbols[merge.Right] = Merged;
            next[merge.Left] = next[merge.Right];
            if (next[merge.Left] < symbols.Length)
                previous[next[merge.Left]] = merge.Left;
            Enqueue(previous[merge.Left]);
            Enqueue(merge.Left);
        }
        return [.. symbols.Where(symbol => symbol != Merged)];

        void Enqueue(int left)
        {
            if (left < 0 || next[left] >= symbols.Length)
                return;
            int right = next[left];
            if (tokens.TryGetValue(pieces[symbols[left]] + pieces[symbols[right]], out int token))
                merges.Enqueue((left, symbols[left], right, symbols[right], token), (-scores[token], left));
        }
    }
}
