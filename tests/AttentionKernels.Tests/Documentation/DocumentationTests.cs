using System.Text.RegularExpressions;
using AttentionKernels.Tests.Architecture;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace AttentionKernels.Tests.Documentation;

/// <summary>The code that documents show is code that tests compile, and files that they lead to are there.</summary>
[Trait("Speed", "Quick")]
public partial class DocumentationTests
{
    private const int MostFilesOfAWalk = 25;
    private const int MostVisits = 2;

    [Fact]
    public void Code_blocks_that_name_a_file_are_in_it()
    {
        (string Document, string File, string Code)[] blocks =
        [
            .. Documents().SelectMany(document => FileBlock().Matches(File.ReadAllText(document))
                .Select(block => (document, block.Groups["file"].Value, block.Groups["code"].Value))),
        ];

        blocks.Should().NotBeEmpty();
        blocks.Where(block => !File.ReadAllText(Path.Combine(Repository.Root, block.File)).Contains(block.Code, StringComparison.Ordinal))
            .Select(block => $"{block.Document}: {block.File}").Should().BeEmpty();
    }

    [Fact]
    public void Links_to_files_lead_to_one() =>
        Documents().SelectMany(document => Link().Matches(File.ReadAllText(document))
                .Select(link => (document, Path: Path.Combine(Path.GetDirectoryName(document)!, link.Groups["path"].Value))))
            .Where(link => !Path.Exists(link.Path)).Should().BeEmpty();

    [Theory]
    [InlineData("tests/AttentionKernels.Tests/Attention/SlidingWindow.cs")]
    [InlineData("tests/AttentionKernels.Tests/Formats/Q80.cs")]
    public void A_mask_and_a_block_format_take_less_than_60_lines(string file) =>
        File.ReadAllLines(Path.Combine(Repository.Root, file)).Length.Should().BeLessThan(60);

    [Theory]
    [InlineData("A prefill query, from call to store")]
    [InlineData("A paged decode step")]
    public void A_walk_passes_few_files_each_used_by_one_before_it(string heading)
    {
        string[] visits = [.. Walk(heading)];
        SourceFile[] files = [.. visits.Distinct().Select(Read)];

        files.Length.Should().BeInRange(MostFilesOfAWalk / 2, MostFilesOfAWalk);
        visits.CountBy(file => file).Where(file => file.Value > MostVisits).Should().BeEmpty();
        files.Index().Skip(1).Where(file => !files.Take(file.Index).Any(earlier => Uses(earlier, file.Item)))
            .Select(file => file.Item.Path).Should().BeEmpty("a reader comes to each from one that was read");
    }

    private static IEnumerable<string> Documents() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md"),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "PackageReadme.md", SearchOption.AllDirectories),
        Path.Combine(Repository.Root, "README.md"),
        Path.Combine(Repository.Root, "CONTRIBUTING.md"),
    ];

    // The files that a section of docs/architecture.md leads to, in order.
    private static IEnumerable<string> Walk(string heading)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        var paths = LibraryReference().Matches(text).ToDictionary(line => line.Groups["name"].Value, line => line.Groups["path"].Value);
        string section = text.Split("\n## ").Single(section => section.StartsWith(heading + "\n", StringComparison.Ordinal));
        return Visit().Matches(section).Select(visit => paths[visit.Groups["name"].Value]);
    }

    private static SourceFile Read(string path) => new(path, File.ReadAllText(Path.Combine(Repository.Root, "src", "AttentionKernels", path)));

    private static bool Uses(SourceFile user, SourceFile used)
    {
        HashSet<string> names = [.. Declared(used)];
        return user.Tree.GetRoot().DescendantTokens().Any(token => token.IsKind(SyntaxKind.IdentifierToken) && names.Contains(token.Text));
    }

    // Its types; of a type that has a file of its own and only a part here, the methods of this part.
    private static IEnumerable<string> Declared(SourceFile file)
    {
        string name = Path.GetFileNameWithoutExtension(file.Path);
        foreach (TypeDeclarationSyntax type in file.Tree.GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>())
        {
            if (type.Identifier.Text == name || !type.Modifiers.Any(SyntaxKind.PartialKeyword))
                yield return type.Identifier.Text;
            else
            {
                foreach (MethodDeclarationSyntax method in type.Members.OfType<MethodDeclarationSyntax>())
                    yield return method.Identifier.Text;
            }
        }
    }

    [GeneratedRegex(@"<!-- (?<file>\S+) -->\n```\w+\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex FileBlock();

    [GeneratedRegex(@"^\[(?<name>`[^`]+`)\]: \.\./src/AttentionKernels/(?<path>\S+)$", RegexOptions.Multiline)]
    private static partial Regex LibraryReference();

    [GeneratedRegex(@"\[(?<name>`[^`]+`)\]")]
    private static partial Regex Visit();

    [GeneratedRegex(@"\]\((?<path>(?!https?:|#)[^)#\s]+)|^\[[^\]]+\]: (?<path>(?!https?:)\S+)", RegexOptions.Multiline)]
    private static partial Regex Link();
}
