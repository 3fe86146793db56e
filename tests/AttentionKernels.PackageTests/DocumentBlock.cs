using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionKernels.PackageTests;

/// <summary>A block of C# of a document, or of an example in the documentation of a member, and the file of a program that runs it.</summary>
/// <remarks>
/// A block may use <c>device</c>, which the program opens, unless it opens one of its own, the namespace AttentionKernels, and the types that
/// its document shows; all else it has itself. Of a block that stands in a file of the repository (a comment before it names the file, and
/// the tests of documents compare both) only the types are taken, if users can write such: internal ones are compiled with the tests.
/// </remarks>
/// <param name="Document">The path of the document in the repository.</param>
/// <param name="Line">The line of the block's first line, from 1.</param>
/// <param name="Code">Its text.</param>
/// <param name="Usings">What the file of the repository uses.</param>
internal sealed partial record DocumentBlock(string Document, int Line, string Code, string Usings)
{
    /// <summary>The name of the class that runs it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"Line{Line}");

    /// <summary>The namespace of its document.</summary>
    public string Namespace => $"Blocks.{NotOfNames().Replace(Document, "_")}";

    /// <summary>The blocks of a document.</summary>
    public static IEnumerable<DocumentBlock> Of(string document)
    {
        string text = File.ReadAllText(Path.Combine(PackedLibrary.Repository, document));
        foreach (Match match in Block().Matches(text))
        {
            int line = 1 + text.AsSpan(0, match.Groups["code"].Index).Count('\n');
            string code = match.Groups["code"].Value;
            if (!match.Groups["file"].Success)
                yield return new DocumentBlock(document, line, code, "");
            else if (code.StartsWith("public ", StringComparison.Ordinal))
                yield return new DocumentBlock(document, line, code, UsingsOf(match.Groups["file"].Value));
        }
    }

    /// <summary>The examples in the documentation of a package's members, each once.</summary>
    public static IEnumerable<DocumentBlock> OfExamples(string project, XDocument documentation) => documentation
        .Descendants("example").Elements("code")
        .Select(code => new DocumentBlock($"{project}.xml", ((IXmlLineInfo)code).LineNumber + 1, Outdented(code.Value), ""))
        .DistinctBy(block => block.Code);

    /// <summary>The file of the program; the compiler's messages name the document's lines.</summary>
    public string ToFile()
    {
        CompilationUnitSyntax unit = CSharpSyntaxTree.ParseText(Code).GetCompilationUnitRoot();
        bool hasDevice = unit.DescendantNodes().OfType<VariableDeclaratorSyntax>().Any(variable => variable.Identifier.Text == "device");
        var file = new StringBuilder(Usings).Append(unit.Usings.ToFullString());
        file.AppendLine(CultureInfo.InvariantCulture, $"namespace {Namespace}\n{{");
        foreach (MemberDeclarationSyntax type in unit.Members.Where(member => member is not GlobalStatementSyntax))
            Append(file, type);
        file.AppendLine(CultureInfo.InvariantCulture, $"public static class {Name}\n{{");
        file.AppendLine(CultureInfo.InvariantCulture, $"public static async Task Run(AttentionKernels.AttentionDevice {(hasDevice ? "_" : "device")})\n{{");
        foreach (GlobalStatementSyntax statement in unit.Members.OfType<GlobalStatementSyntax>())
            Append(file, statement);
        return file.AppendLine("}\n}\n}").ToString();
    }

    // Without what the whole text is indented by.
    private static string Outdented(string text)
    {
        string[] lines = text.Trim('\n').TrimEnd().Split('\n');
        int indentation = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indentation..] : line));
    }

    private static string UsingsOf(string file) =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(PackedLibrary.Repository, file))).GetCompilationUnitRoot().Usings.ToFullString();

    private void Append(StringBuilder file, MemberDeclarationSyntax member)
    {
        int line = Line + member.GetLocation().GetLineSpan().StartLinePosition.Line;
        file.AppendLine(CultureInfo.InvariantCulture, $"#line {line} \"{Document}\"").AppendLine(member.ToString()).AppendLine("#line default");
    }

    [GeneratedRegex(@"(?:^<!-- (?<file>\S+) -->\n)?^```csharp\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"[^A-Za-z0-9]")]
    private static partial Regex NotOfNames();
}
