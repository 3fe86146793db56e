using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AttentionKernels.Devices;

/// <summary>The text of a kernel as the driver gets it.</summary>
internal static partial class OpenClSource
{
    /// <summary>Gives generated names the numbers 0, 1, 2… in the order in which they appear.</summary>
    /// <remarks>
    /// ILGPU numbers types, methods and parameters (<c>type_4711</c>) through the whole life of a process, so that the same kernel is
    /// another text each time a device is opened, and in each program. Drivers keep what they have compiled under its text: with these
    /// names they find it again, where PoCL would compile for seconds.
    /// </remarks>
    /// <param name="source">The text.</param>
    /// <param name="kernelName">The name by which the kernel is looked up; it stays.</param>
    public static string WithStableNames(string source, string kernelName)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var result = new StringBuilder(source.Length);
        foreach (ReadOnlySpan<char> line in source.EnumerateLines())
        {
            // Names in directives are the language's.
            string text = line.ToString();
            result.Append(text.TrimStart().StartsWith('#') ? text : NumberedName().Replace(text, Rename)).Append('\n');
        }

        return result.ToString();

        string Rename(Match match)
        {
            if (match.Value == kernelName)
                return match.Value;
            if (!names.TryGetValue(match.Value, out string? name))
                names[match.Value] = name = $"{match.Groups["word"].Value}_{names.Count}";
            return name;
        }
    }

    /// <summary>Writes negative constants of 64 bits with their sign: ILGPU leaves it out, and compilers print a warning.</summary>
    /// <param name="source">The text.</param>
    public static string WithSigns(string source) => WideNumber().Replace(source, match =>
        ulong.TryParse(match.Value, CultureInfo.InvariantCulture, out ulong number) && number > 1UL << 63
            ? string.Create(CultureInfo.InvariantCulture, $"({(long)number}L)")
            : match.Value);

    [GeneratedRegex(@"\b\d{19,20}\b", RegexOptions.CultureInvariant)]
    private static partial Regex WideNumber();

    // A name that has an underscore and nothing but digits behind it, at its end or before another underscore.
    [GeneratedRegex(@"\b(?<word>[A-Za-z_]\w*?)_\d+(_\w*)?\b", RegexOptions.CultureInvariant)]
    private static partial Regex NumberedName();
}
