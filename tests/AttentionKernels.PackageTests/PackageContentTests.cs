using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.PackageTests;

/// <summary>What lies in the packages. <c>eng/validate-package.cs</c> checks more of those that are to be published.</summary>
public sealed partial class PackageContentTests(PackedLibrary packed)
{
    private const long MostBytes = 1_000_000;

    public static TheoryData<string> Packages => [.. PackedLibrary.Projects];

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_what_its_page_shows_and_symbols_in_less_than_a_megabyte(string name)
    {
        using ZipArchive package = Open(name, ".nupkg");
        using ZipArchive symbols = Open(name, ".snupkg");
        XElement metadata = Load(package, $"{name}.nuspec").Descendants().Single(element => element.Name.LocalName == "metadata");

        package.Entries.Select(entry => entry.FullName).Should().Contain(["icon.png", "README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"]);
        symbols.Entries.Select(entry => entry.FullName).Should().Contain($"lib/net10.0/{name}.pdb");
        Value(metadata, "icon").Should().Be("icon.png");
        Value(metadata, "readme").Should().Be("README.md");
        Value(metadata, "license").Should().Be("MIT");
        Value(metadata, "releaseNotes").Should().StartWith("## ");
        new FileInfo(PathOf(name, ".nupkg")).Length.Should().BeLessThan(MostBytes);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_readme_leads_nowhere_by_a_path(string name)
    {
        using ZipArchive package = Open(name, ".nupkg");
        using var reader = new StreamReader(package.GetEntry("README.md")!.Open());

        reader.ReadToEnd().Should().StartWith($"# {name}\n").And.NotContain("](..");
    }

    [Fact]
    public void Documentation_is_of_what_users_can_call()
    {
        XDocument documentation = packed.Documentation("AttentionKernels");
        HashSet<string> members = [.. documentation.Descendants("member").Select(member => (string)member.Attribute("name")!)];
        string[] references = [.. documentation.Descendants().Attributes("cref").Select(reference => (string)reference).Where(id => id.Contains(":AttentionKernels."))];

        // One of the library's, one of an extension block, an internal member of a public type, and an internal type.
        members.Should().Contain("M:AttentionKernels.AttentionDevice.Open(System.String)");
        members.Should().Contain(id => id.StartsWith("M:AttentionKernels.AttentionOperations.<G>$", StringComparison.Ordinal));
        members.Should().NotContain("P:AttentionKernels.AttentionDevice.Scheduler").And.NotContain("T:AttentionKernels.Attention.PlanDecision");
        references.Should().NotBeEmpty();
        references.Where(id => !members.Contains(id)).Should().BeEmpty("a reference leads to what is documented");
    }

    [Fact]
    public void Each_operation_and_each_way_to_begin_has_an_example()
    {
        var members = packed.Documentation("AttentionKernels").Descendants("member")
            .Select(member => (Name: Method().Match((string)member.Attribute("name")!), Has: member.Element("example") is not null))
            .Where(member => member.Name.Success)
            .GroupBy(member => $"{member.Name.Groups["type"].Value}.{member.Name.Groups["method"].Value}")
            .Where(method => EntryPoint().IsMatch(method.Key))
            .ToDictionary(method => method.Key, method => method.Any(overload => overload.Has));

        members.Keys.Should().Contain(["AttentionOperations.Attention", "LinearOperations.Linear", "AttentionDevice.Open", "BlockTable.#ctor"]);
        members.Where(member => !member.Value).Select(member => member.Key).Should().BeEmpty("one of its overloads shows how it is called");
    }

    private static string Value(XElement metadata, string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;

    private static XDocument Load(ZipArchive archive, string path)
    {
        using Stream content = archive.GetEntry(path)!.Open();
        return XDocument.Load(content);
    }

    private string PathOf(string name, string extension) => Path.Combine(packed.Feed, $"{name}.{packed.Version}{extension}");

    private ZipArchive Open(string name, string extension) => ZipFile.OpenRead(PathOf(name, extension));

    // Members of extension blocks stand in a type of their own, whose name the compiler makes up.
    [GeneratedRegex(@"^M:AttentionKernels\.(?:Export\.)?(?<type>\w+)(?:\.<G>\$\w+(?:`\d+)?)?\.(?<method>#?\w+)(?:``\d+)?(?:\(|$)")]
    private static partial Regex Method();

    [GeneratedRegex(@"Operations\.|^(?:TensorAllocation|KernelExport|KernelLoading|ContextBuilderExtensions|DeviceCatalog)\.|"
        + @"^AttentionDevice\.(?:Open|Attach)$|^(?:PagedKeyValueCache|BlockTable|RotaryTable)\.#ctor$")]
    private static partial Regex EntryPoint();
}
