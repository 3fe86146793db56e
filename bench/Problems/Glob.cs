using System.Text.RegularExpressions;

namespace AttentionKernels.Problems;

/// <summary>A pattern of names: '*' stands for any text, '?' for any character; without either it may stand anywhere. Case does not
/// matter.</summary>
/// <param name="pattern">The pattern.</param>
internal sealed class Glob(string pattern)
{
    private readonly Regex _regex = new(
        pattern.AsSpan().IndexOfAny('*', '?') < 0
            ? Regex.Escape(pattern)
            : $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>Whether a name has the pattern.</summary>
    public bool Matches(string name) => _regex.IsMatch(name);

    /// <summary>Whether the pattern is the name itself.</summary>
    public bool IsExactly(string name) => pattern.Equals(name, StringComparison.OrdinalIgnoreCase);
}
