using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.Architecture;

/// <summary>The rules of the house, measured over the library, with their limits, which stand in files beside <c>eng/house</c>.</summary>
internal sealed class House
{
    /// <summary>Names a file to which the figures and the places that they count are written.</summary>
    public const string ReportVariable = "ATTENTIONKERNELS_HOUSE_REPORT";

    private static readonly Lazy<House> _today = new(() => new());

    // From the bottom to the top: a folder may import those before it. What runs on a device knows nothing of the host; the host's side of it
    // begins with the drivers. The kernels of a topic lie below what its users call.
    private static readonly string[] _order =
    [
        "CodeGeneration", "Simd", "Formats", "MicroKernels", "MicroKernels/Warp",
        "Drivers", "Streams", "Devices", "Tensors", "Export", "Launching",
        "Positions/Kernels", "Positions",
        "Attention/Variants", "Attention/Layouts", "Attention/Work", "Attention/State", "Attention/Kernels", "Attention/Backward", "Attention",
        "KeyValueCache/Kernels", "KeyValueCache",
        "Elementwise/Activations", "Elementwise/Kernels", "Elementwise", "Normalization/Kernels", "Normalization", "Linear/Kernels", "Linear",
    ];

    private House()
    {
        Limits = HouseLimit.Parse(Read("eng", "house.limits"));
        RecordedImports = [.. HouseLimit.Content(Read("eng", "house.imports"))];
        Imports = new FolderImports(LibrarySource.Library, _order);
        Figures = HouseFigures.Measure(LibrarySource.Library, Imports, Documents());
        if (Environment.GetEnvironmentVariable(ReportVariable) is { Length: > 0 } path)
            File.WriteAllText(path, HouseReport.Text(Figures, Limits));
    }

    /// <summary>The house as it stands.</summary>
    public static House Today => _today.Value;

    /// <summary>What was measured.</summary>
    public IReadOnlyList<HouseFigure> Figures { get; }

    /// <summary>Ceilings and goals.</summary>
    public IReadOnlyList<HouseLimit> Limits { get; }

    /// <summary>The imports between the library's folders.</summary>
    public FolderImports Imports { get; }

    /// <summary>The upward imports that are known, and to be mended.</summary>
    public IReadOnlyList<string> RecordedImports { get; }

    private static Dictionary<string, IReadOnlyList<string>> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .ToDictionary(path => Path.GetRelativePath(Repository.Root, path), path => (IReadOnlyList<string>)File.ReadAllLines(path));

    private static string[] Read(params ReadOnlySpan<string> path) => File.ReadAllLines(Path.Combine([Repository.Root, .. path]));
}
