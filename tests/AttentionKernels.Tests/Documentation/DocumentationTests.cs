using System.Text.RegularExpressions;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Documentation;

/// <summary>The code that documents show is code that tests compile, and files that they lead to are there.</summary>
public partial class DocumentationTests
{
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

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Append(Path.Combine(Repository.Root, "README.md")).Append(Path.Combine(Repository.Root, "CONTRIBUTING.md"));

    [GeneratedRegex(@"<!-- (?<file>\S+) -->\n```\w+\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex FileBlock();

    [GeneratedRegex(@"\]\((?<path>(?!https?:|#)[^)#\s]+)|^\[[^\]]+\]: (?<path>(?!https?:)\S+)", RegexOptions.Multiline)]
    private static partial Regex Link();
}
