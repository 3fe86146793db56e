using System.Net;
using System.Text.RegularExpressions;

namespace AttentionKernels.Bench;

/// <summary>The file that a kernel is written in, and what the comment at its head says.</summary>
/// <param name="File">The file.</param>
/// <param name="Root">The repository's folder.</param>
/// <param name="Comment">The comment, without its tags: lines of formula, algorithm, tile.</param>
internal sealed partial record KernelSource(FileInfo File, string Root, IReadOnlyList<string> Comment)
{
    private const string Library = "src/AttentionKernels";

    /// <summary>The papers that the comment names: authors, title, year.</summary>
    public IReadOnlyList<string> Papers => [.. Paper().Matches(string.Join(' ', Comment)).Select(match => match.Value.Trim())];

    /// <summary>The file's path within the repository.</summary>
    public string Path => System.IO.Path.GetRelativePath(Root, File.FullName).Replace('\\', '/');

    /// <summary>Finds a kernel's source in the repository that this program was built in, or is run in.</summary>
    /// <returns>Nothing where there is no repository, as where the program was copied away from it.</returns>
    public static KernelSource? Find(string kernel)
    {
        return (from root in Ancestors(AppContext.BaseDirectory).Concat(Ancestors(Environment.CurrentDirectory))
                let library = new DirectoryInfo(System.IO.Path.Combine(root.FullName, Library))
                where library.Exists
                from file in library.EnumerateFiles($"{kernel}.cs", SearchOption.AllDirectories)
                select new KernelSource(file, root.FullName, CommentOf(System.IO.File.ReadAllLines(file.FullName), kernel)))
            .FirstOrDefault();
    }

    private static IEnumerable<DirectoryInfo> Ancestors(string folder)
    {
        for (DirectoryInfo? current = new(folder); current is not null; current = current.Parent)
            yield return current;
    }

    // The lines right above the struct. A paragraph is one line; type parameters are the code's matter.
    private static string[] CommentOf(string[] lines, string kernel)
    {
        int head = Array.FindIndex(lines, line => Regex.IsMatch(line, $@"\bstruct {kernel}\b"));
        int first = head;
        while (first > 0 && lines[first - 1].TrimStart().StartsWith("///", StringComparison.Ordinal))
            first--;
        string text = string.Join(' ', lines[Math.Max(0, first)..Math.Max(0, head)].Select(line => line.Trim()[3..].Trim()));
        text = TypeParameter().Replace(text, "");
        text = Reference().Replace(text, match => match.Groups[1].Value.Split('.')[^1]);
        return
        [
            .. Tag().Split(text).Select(line => Blanks().Replace(WebUtility.HtmlDecode(line), " ").Trim()).Where(line => line.Length > 0),
        ];
    }

    [GeneratedRegex(@"<typeparam .*?</typeparam>")]
    private static partial Regex TypeParameter();

    [GeneratedRegex(@"<(?:see|paramref|typeparamref|c) ?(?:cref|langword|name)=""([^""{(]+)[^""]*""\s*/>")]
    private static partial Regex Reference();

    [GeneratedRegex(@"</?(?:c|i|b)>|</?[a-z]+[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\p{Lu}(?:[^"".;:]|(?<=al)\.)*, ""[^""]+"", \d{4}")]
    private static partial Regex Paper();
}
