using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.PackageTests;

/// <summary>A small program that references the packed package, published in the ways in which users publish theirs, and run.</summary>
public sealed class PublishTests : IDisposable
{
    // Values of which keys of zeros make the mean.
    private const string Right = "4 5";

    private readonly string _folder = Directory.CreateTempSubdirectory("attention-kernels").FullName;
    private readonly PackedLibrary _packed;

    public PublishTests(PackedLibrary packed)
    {
        _packed = packed;
        File.Copy(Program, Path.Combine(_folder, "Program.cs"));
        WriteProject($"""<PackageReference Include="AttentionKernels" Version="{packed.Version}" ExcludeAssets="$(LeftOut)" />""");
    }

    private static string Program => Path.Combine(PackedLibrary.Repository, "tests", "AttentionKernels.PackageTests", "App", "Program.cs");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trimmed_self_contained_single_file_computes_on_the_managed_CPU()
    {
        ToolResult published = Publish("--self-contained", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true");
        published.ExitCode.Should().Be(0, published.Output);

        ToolResult run = RunPublished("cpu");

        run.ExitCode.Should().Be(0, run.Output);
        run.Output.Trim().Should().Be(Right);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_program_for_the_machine_s_own_runtime_computes_compiled_ahead_or_not(bool readyToRun)
    {
        ToolResult published = Publish("--no-self-contained", $"-p:PublishReadyToRun={readyToRun}");
        published.ExitCode.Should().Be(0, published.Output);

        using (var program = new PEReader(File.OpenRead(Path.Combine(_folder, "published", "App.dll"))))
            (program.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0).Should().Be(readyToRun);
        ToolResult run = Tool.Run(_folder, "dotnet", Path.Combine("published", "App.dll"), "cpu");

        run.ExitCode.Should().Be(0, run.Output);
        run.Output.Trim().Should().Be(Right);
    }

    [Fact]
    public void A_program_that_is_trimmed_without_the_package_s_roots_says_what_is_missing()
    {
        ToolResult published = Publish("--self-contained", "-p:PublishTrimmed=true", "-p:LeftOut=build%3BbuildTransitive");
        published.ExitCode.Should().Be(0, published.Output);

        ToolResult run = RunPublished("cpu");

        run.ExitCode.Should().NotBe(0);
        run.Output.Should().Contain("AttentionKernels.TrimmedAssemblyException").And.Contain("buildTransitive/AttentionKernels.targets");
    }

    [Fact]
    public void A_program_that_references_the_project_and_imports_its_roots_computes_when_it_is_trimmed()
    {
        string library = Path.Combine(PackedLibrary.Repository, "src", "AttentionKernels");
        WriteProject(
            $"""<ProjectReference Include="{Path.Combine(library, "AttentionKernels.csproj")}" />""",
            $"""<Import Project="{Path.Combine(library, "buildTransitive", "AttentionKernels.targets")}" />""");
        ToolResult published = Publish("--self-contained", "-p:PublishTrimmed=true", "--artifacts-path", Path.Combine(_folder, "artifacts"));
        published.ExitCode.Should().Be(0, published.Output);

        ToolResult run = RunPublished("cpu");

        run.ExitCode.Should().Be(0, run.Output);
        run.Output.Trim().Should().Be(Right);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_program_of_one_file_runs_with_dynamic_code_and_says_what_to_set_without(bool withDynamicCode)
    {
        // Such programs are marked for Native AOT unless they say otherwise.
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "file")).FullName, "app.cs");
        File.WriteAllText(file, $"""
            #:package AttentionKernels@{_packed.Version}
            #:property RestoreAdditionalProjectSources={_packed.Feed}
            {(withDynamicCode ? "#:property PublishAot=false" : "")}
            {File.ReadAllText(Program)}
            """);
        ToolResult run = Tool.Run(Path.GetDirectoryName(file)!, "dotnet", "run", file);
        Assert.SkipWhen(run.LacksPackages, $"What a program of one file restores could not be fetched: {run.Output}");

        if (withDynamicCode)
        {
            run.ExitCode.Should().Be(0, run.Output);
            run.Output.Trim().Should().Be(Right);
        }
        else
        {
            run.ExitCode.Should().NotBe(0);
            run.Output.Should().Contain("AttentionKernels.DynamicCodeRequiredException").And.Contain("#:property PublishAot=false");
        }
    }

    [Fact]
    public void A_program_that_is_marked_for_Native_AOT_says_what_to_set_when_it_is_run()
    {
        ToolResult run = Tool.Run(_folder, "dotnet", "run", "-c", "Release", "-p:PublishAot=true");
        Assert.SkipWhen(run.LacksPackages, $"What a project marked for Native AOT restores could not be fetched: {run.Output}");

        run.ExitCode.Should().NotBe(0);
        run.Output.Should().Contain("AttentionKernels.DynamicCodeRequiredException").And.Contain("<PublishAot>false</PublishAot>").And.Contain("#:property PublishAot=false");
    }

    [Fact]
    public void A_program_compiled_by_Native_AOT_says_what_to_set()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "Native AOT links with a C compiler, and there is no gcc.");
        ToolResult published = Publish("-p:PublishAot=true", "-p:CppCompilerAndLinker=gcc", "-p:LinkerFlavor=");
        published.ExitCode.Should().Be(0, published.Output);

        ToolResult run = RunPublished("cpu");

        run.ExitCode.Should().NotBe(0);
        run.Output.Should().Contain("AttentionKernels.DynamicCodeRequiredException").And.Contain("<PublishAot>false</PublishAot>");
    }

    private void WriteProject(string reference, string import = "") => File.WriteAllText(Path.Combine(_folder, "App.csproj"), $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
            <RestoreAdditionalProjectSources>{_packed.Feed}</RestoreAdditionalProjectSources>
          </PropertyGroup>
          <ItemGroup>
            <Compile Include="Program.cs" />
            {reference}
          </ItemGroup>
          {import}
        </Project>
        """);

    private ToolResult Publish(params string[] options)
    {
        ToolResult result = Tool.Run(_folder, "dotnet", ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", "published", .. options]);
        Assert.SkipWhen(result.LacksPackages, $"The packages of the runtime could not be fetched: {result.Output}");
        return result;
    }

    private ToolResult RunPublished(string device) =>
        Tool.Run(_folder, Path.Combine(_folder, "published", OperatingSystem.IsWindows() ? "App.exe" : "App"), device);
}
