using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using AttentionKernels.PackageTests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(PackedLibrary))]
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace AttentionKernels.PackageTests;

/// <summary>The packages, packed once for all tests, in a folder that programs restore them from.</summary>
public sealed class PackedLibrary : IDisposable
{
    /// <summary>The projects that are packages.</summary>
    public static readonly string[] Projects = ["AttentionKernels", "AttentionKernels.DependencyInjection"];

    /// <summary>Packs what is built.</summary>
    /// <exception cref="InvalidOperationException">Packing fails.</exception>
    public PackedLibrary()
    {
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release";
        foreach (string project in Projects)
        {
            ToolResult packed = Tool.Run(
                Repository, "dotnet", "pack", Path.Combine("src", project), "-c", configuration, "--no-build", "-o", Feed, $"-p:Version={Version}");
            if (packed.ExitCode != 0)
                throw new InvalidOperationException(packed.Output);
        }
    }

    /// <summary>The folder that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder with the packages.</summary>
    public string Feed { get; } = Directory.CreateTempSubdirectory("attention-kernels-feed").FullName;

    /// <summary>Their version, of this run alone: what was restored once is kept by version.</summary>
    public string Version { get; } = string.Create(CultureInfo.InvariantCulture, $"0.0.1-test.{Environment.ProcessId}.{Environment.TickCount64}");

    /// <summary>The documentation in a package, whose elements know their lines.</summary>
    public XDocument Documentation(string project)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Feed, $"{project}.{Version}.nupkg"));
        using Stream content = package.GetEntry($"lib/net10.0/{project}.xml")!.Open();
        return XDocument.Load(content, LoadOptions.SetLineInfo | LoadOptions.PreserveWhitespace);
    }

    /// <summary>The version of a package that the repository uses.</summary>
    public static string VersionOf(string package) =>
        XDocument.Load(Path.Combine(Repository, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(line => (string?)line.Attribute("Include") == package).Attribute("Version")!.Value;

    /// <summary>Deletes the packages, and what was restored of them.</summary>
    public void Dispose()
    {
        Directory.Delete(Feed, recursive: true);
        string restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string project in Projects)
        {
            string folder = Path.Combine(restored, project.ToLowerInvariant(), Version);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static string FindRepository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Kernels.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests are not inside the repository.");
        return folder;
    }
}
