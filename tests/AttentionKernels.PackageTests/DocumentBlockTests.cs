using FluentAssertions;
using Xunit;

namespace AttentionKernels.PackageTests;

/// <summary>Every block of C# that documents and examples show compiles against the packages and runs.</summary>
public sealed class DocumentBlockTests(PackedLibrary packed) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("attention-kernels").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_block_of_README_and_docs_and_every_example_of_a_member_runs()
    {
        DocumentBlock[] blocks =
        [
            .. Documents().SelectMany(DocumentBlock.Of),
            .. PackedLibrary.Projects.SelectMany(project => DocumentBlock.OfExamples(project, packed.Documentation(project))),
        ];
        blocks.Select(block => block.Document).Should().Contain(
            ["README.md", "docs/getting-started.md", "AttentionKernels.xml", "AttentionKernels.DependencyInjection.xml"]);
        foreach (DocumentBlock block in blocks)
            File.WriteAllText(Path.Combine(_folder, $"{block.Namespace}.{block.Name}.cs"), block.ToFile());
        File.WriteAllText(Path.Combine(_folder, "Program.cs"), string.Join('\n',
        [
            "Environment.SetEnvironmentVariable(AttentionKernels.AttentionDevice.EnvironmentVariable, \"cpu\");",
            "using var device = AttentionKernels.AttentionDevice.Open();",
            .. blocks.Select(block => $$"""
                Console.WriteLine("{{block.Document}}:{{block.Line}}");
                await {{block.Namespace}}.{{block.Name}}.Run(device);
                """),
        ]));
        File.WriteAllText(Path.Combine(_folder, "Blocks.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <NoWarn>CS1998</NoWarn>
                <InvariantGlobalization>true</InvariantGlobalization>
                <RestoreAdditionalProjectSources>{packed.Feed}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <Using Include="AttentionKernels" />
                <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="{PackedLibrary.VersionOf("Microsoft.Extensions.DependencyInjection")}" />
                {string.Join('\n', PackedLibrary.Projects.Select(project => $"""<PackageReference Include="{project}" Version="{packed.Version}" />"""))}
              </ItemGroup>
            </Project>
            """);

        ToolResult built = Tool.Run(_folder, "dotnet", "build", "-c", "Release", "-o", "built");
        built.ExitCode.Should().Be(0, built.Output);
        ToolResult run = Tool.Run(_folder, "dotnet", Path.Combine("built", "Blocks.dll"));

        run.ExitCode.Should().Be(0, run.Output);
    }

    private static IEnumerable<string> Documents() =>
    [
        "README.md",
        .. Directory.EnumerateFiles(Path.Combine(PackedLibrary.Repository, "docs"), "*.md")
            .Concat(PackedLibrary.Projects.Select(project => Path.Combine(PackedLibrary.Repository, "src", project, "PackageReadme.md")))
            .Select(path => Path.GetRelativePath(PackedLibrary.Repository, path).Replace('\\', '/')),
    ];
}
