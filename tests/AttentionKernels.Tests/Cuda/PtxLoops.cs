using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda;

/// <summary>What a kernel's PTX runs again and again: instructions that can follow themselves.</summary>
internal static partial class PtxLoops
{
    /// <summary>The divisions of 64 bits in loops, and those of functions, which a loop may call.</summary>
    /// <remarks>Those that <see cref="AttentionKernels.MicroKernels.IndexDivision"/> jumps over, unless an index has more than 31 bits, are
    /// left out.</remarks>
    public static IEnumerable<string> WideDivisions(string ptx)
    {
        string[] lines = ptx.Split('\n');
        Dictionary<string, int> labels = [];
        for (int line = 0; line < lines.Length; line++)
        {
            if (Label().Match(lines[line]) is { Success: true } label)
                labels[label.Groups[1].Value] = line;
        }

        int entry = Array.FindIndex(lines, line => line.Contains(".entry", StringComparison.Ordinal));
        return Enumerable.Range(0, lines.Length)
            .Where(line => Division().IsMatch(lines[line]) && !Guard().IsMatch(lines[line - 2]))
            .Where(line => line < entry || FollowsItself(lines, labels, line))
            .Select(line => lines[line]);
    }

    private static bool FollowsItself(string[] lines, Dictionary<string, int> labels, int line)
    {
        HashSet<int> seen = [];
        var next = new Stack<int>([line + 1]);
        while (next.TryPop(out int current))
        {
            if (current == line)
                return true;
            if (current >= lines.Length || !seen.Add(current))
                continue;
            if (Branch().Match(lines[current]) is { Success: true } branch)
            {
                next.Push(labels[branch.Groups["target"].Value]);
                if (!branch.Groups["condition"].Success)
                    continue;
            }

            if (!End().IsMatch(lines[current]))
                next.Push(current + 1);
        }

        return false;
    }

    [GeneratedRegex(@"\b(div|rem)\.[su]64\b")]
    private static partial Regex Division();

    [GeneratedRegex(@"@!wide\s+bra\b")]
    private static partial Regex Guard();

    [GeneratedRegex(@"^\s*([\w$]+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s*(?<condition>@!?%\w+\s+)?bra(\.uni)?\s+(?<target>[\w$]+)\s*;")]
    private static partial Regex Branch();

    [GeneratedRegex(@"^\s*(ret|exit)\s*;|^}")]
    private static partial Regex End();
}
