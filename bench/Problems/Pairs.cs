using System.Globalization;

namespace AttentionKernels.Problems;

/// <summary>Sizes by name, as the command line and files of shapes have them: <c>rows=64 hidden=4096</c>.</summary>
internal static class Pairs
{
    /// <summary>Reads pairs, separated by blanks; what stands behind a <c>#</c> is not read.</summary>
    /// <exception cref="FormatException">Something is no pair, or a name is there twice.</exception>
    public static IReadOnlyList<(string Name, string Value)> Read(string text)
    {
        List<(string Name, string Value)> pairs = [];
        string words = text.Split('#')[0];
        foreach (string pair in words.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = pair.Split('=');
            if (parts.Length != 2)
                throw new FormatException($"The shape has '{pair}'; it must be pairs such as heads=32/8.");
            if (pairs.Any(other => other.Name == parts[0]))
                throw new FormatException($"The shape has {parts[0]} twice; it must be there once.");
            pairs.Add((parts[0], parts[1]));
        }

        return pairs;
    }

    /// <summary>A number of things.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static int Number(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"{name} is {text}; it must be a whole number from 1 on.");

    /// <summary>A number of calls, of which there may be more.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static long Count(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? number
            : throw new FormatException($"count is {text}; it must be a whole number from 1 on.");
}
