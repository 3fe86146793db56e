using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace AttentionKernels.Tests.Architecture;

/// <summary>A file of the library as the compiler reads it.</summary>
/// <param name="path">Its path below the library's folder, such as <c>Attention/Kernels/DecodeRows.cs</c>.</param>
/// <param name="text">What it holds.</param>
internal sealed class SourceFile(string path, string text)
{
    private static readonly CSharpParseOptions _options = new(LanguageVersion.Latest);

    /// <summary>Its path below the library's folder.</summary>
    public string Path { get; } = path;

    /// <summary>The folder that it lies in, such as <c>Attention/Kernels</c>.</summary>
    public string Folder { get; } = FolderOf(path);

    /// <summary>Its lines, without the empty one after the last end of line.</summary>
    public IReadOnlyList<string> Lines { get; } = text.TrimEnd('\n').Split('\n');

    /// <summary>Its syntax.</summary>
    public SyntaxTree Tree { get; } = CSharpSyntaxTree.ParseText(SourceText.From(text), _options, path);

    /// <summary>The folder of a path; what lies in none has an empty one.</summary>
    public static string FolderOf(string path) => path[..Math.Max(path.LastIndexOf('/'), 0)];

    /// <summary>Where a node of it stands, as path and line.</summary>
    public string Place(SyntaxNode node) => $"{Path}:{Tree.GetLineSpan(node.Span).StartLinePosition.Line + 1}";
}
