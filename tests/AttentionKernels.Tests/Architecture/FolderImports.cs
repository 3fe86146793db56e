using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionKernels.Tests.Architecture;

/// <summary>
/// Which folders of the library import which. A folder is known by the files in which types and members are declared, since what users call lives
/// in one namespace; the parts of a partial type belong where they stand.
/// </summary>
internal sealed class FolderImports
{
    private readonly string[] _order;

    /// <summary>Finds the imports between folders.</summary>
    /// <param name="source">The files.</param>
    /// <param name="order">The folders, each of which may import those before it.</param>
    public FolderImports(LibrarySource source, IEnumerable<string> order)
    {
        _order = [.. order];
        All = [.. source.Files.SelectMany(file => Uses(source, file)).Distinct()
            .GroupBy(use => (use.From, use.To), use => use.What)
            .Select(uses => new FolderImport(uses.Key.From, uses.Key.To, [.. uses.Order(StringComparer.Ordinal)]))
            .OrderBy(import => import.Name, StringComparer.Ordinal)];
        Unordered = [.. source.Files.Select(file => file.Folder).Distinct().Except(_order)];
        Upward = [.. All.Where(import => Rank(import.From) < Rank(import.To))];
        Circles = [.. Upward.Select(import => (import, Way(import.To, import.From))).Where(circle => circle.Item2.Count > 0)];
    }

    /// <summary>Every import of a folder by another.</summary>
    public IReadOnlyList<FolderImport> All { get; }

    /// <summary>Folders that have no place in the order.</summary>
    public IReadOnlyList<string> Unordered { get; }

    /// <summary>Imports of a folder that comes later in the order.</summary>
    public IReadOnlyList<FolderImport> Upward { get; }

    /// <summary>Each upward import that closes a circle, and the folders on the shortest way back from the one that it imports.</summary>
    public IReadOnlyList<(FolderImport Import, IReadOnlyList<string> Back)> Circles { get; }

    private int Rank(string folder) => Array.IndexOf(_order, folder);

    // The folders from one to another over imports, both included; none where no way leads there.
    private List<string> Way(string from, string to)
    {
        var before = new Dictionary<string, string?> { [from] = null };
        var open = new Queue<string>([from]);
        while (open.TryDequeue(out string? folder) && !before.ContainsKey(to))
        {
            foreach (FolderImport import in All.Where(import => import.From == folder))
            {
                if (before.TryAdd(import.To, folder))
                    open.Enqueue(import.To);
            }
        }

        List<string> way = [];
        for (string? folder = before.ContainsKey(to) ? to : null; folder is not null; folder = before[folder])
            way.Insert(0, folder);
        return way;
    }

    private static IEnumerable<(string From, string To, string What)> Uses(LibrarySource source, SourceFile file)
    {
        SemanticModel model = source.Model(file);
        foreach (SyntaxNode node in file.Tree.GetRoot().DescendantNodes())
        {
            // A name, or `new()`, whose type is named elsewhere. What comments refer to is not imported.
            if (node is not (SimpleNameSyntax or ImplicitObjectCreationExpressionSyntax))
                continue;
            if (model.GetSymbolInfo(node).Symbol is not { } symbol || symbol is INamespaceSymbol)
                continue;
            string[] folders = [.. symbol.OriginalDefinition.DeclaringSyntaxReferences.Select(part => SourceFile.FolderOf(part.SyntaxTree.FilePath))];
            if (folders.Length > 0 && !folders.Contains(file.Folder))
                yield return (file.Folder, folders[0], $"{file.Path} uses {TypeName(symbol)}");
        }
    }

    // An extension block has no name; its members are known by the class around it.
    private static string TypeName(ISymbol symbol)
    {
        ITypeSymbol type = symbol as ITypeSymbol ?? symbol.ContainingType;
        return (type.TypeKind == TypeKind.Extension ? type.ContainingType : type).Name;
    }
}
