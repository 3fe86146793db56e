using AttentionKernels.Tests.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AttentionKernels.Tests.Architecture;

/// <summary>Source files, compiled as far as names and types: the rules are about what the compiler sees, not about how a line is broken.</summary>
internal sealed class LibrarySource
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // What this process could load is what the library is compiled with, and the library itself.
    private static readonly MetadataReference[] _references =
    [
        .. from path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
           where Path.GetFileNameWithoutExtension(path) != typeof(AttentionDevice).Assembly.GetName().Name
           select MetadataReference.CreateFromFile(path),
    ];

    private static readonly Lazy<LibrarySource> _library = new(() => new(Read(Path.Combine(Repository.Root, "src", "AttentionKernels"))));

    // "Partial method must have an implementation part": source generators write those of the library.
    private const string GeneratedPart = "CS8795";

    private readonly Dictionary<SourceFile, SemanticModel> _models;

    /// <summary>Compiles files.</summary>
    /// <exception cref="ArgumentException">They do not compile, so that what is counted in them would be wrong.</exception>
    public LibrarySource(IEnumerable<SourceFile> files)
    {
        Files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
        CSharpCompilation compilation = CSharpCompilation.Create(
            nameof(Library), [.. Files.Select(file => file.Tree), new SourceFile("Usings.cs", ImplicitUsings).Tree], _references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        Diagnostic? error = compilation.GetDiagnostics()
            .FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != GeneratedPart);
        if (error is not null)
            throw new ArgumentException($"The files do not compile: {error}", nameof(files));

        // A model remembers what it has found out.
        _models = Files.ToDictionary(file => file, file => compilation.GetSemanticModel(file.Tree));
    }

    /// <summary>The source of the library in this repository.</summary>
    public static LibrarySource Library => _library.Value;

    /// <summary>The files.</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>What the names in a file mean.</summary>
    public SemanticModel Model(SourceFile file) => _models[file];

    private static IEnumerable<SourceFile> Read(string folder) =>
        from path in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')
        where !name.StartsWith("bin/", StringComparison.Ordinal) && !name.StartsWith("obj/", StringComparison.Ordinal)
        select new SourceFile(name, File.ReadAllText(path));
}
