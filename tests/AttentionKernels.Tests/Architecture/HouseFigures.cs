using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionKernels.Tests.Architecture;

/// <summary>Measures the rules of the house.</summary>
internal static class HouseFigures
{
    private const int MostParameters = 8;
    private const int MostTypeParameters = 8;
    private const int MostLines = 300;
    private const int MostColumns = 140;

    // What bodies for a device call the operands of an intrinsic.
    private static readonly string[] _operands = ["operand", "operands", "call"];

    /// <summary>Measures all rules.</summary>
    /// <param name="source">The library.</param>
    /// <param name="imports">Its folders' imports.</param>
    /// <param name="documents">The path and the lines of each document.</param>
    public static IReadOnlyList<HouseFigure> Measure(
        LibrarySource source, FolderImports imports, IReadOnlyDictionary<string, IReadOnlyList<string>> documents) =>
    [
        new("lines-of-code", source.Files.Sum(LinesOfCode), []),
        new("constraints", Nodes<TypeParameterConstraintClauseSyntax>(source, (_, _) => true)),
        new("long-parameter-lists", Nodes<SyntaxNode>(source, (_, node) => Parameters(node) > MostParameters)),
        new("long-type-parameter-lists",
            Nodes<TypeDeclarationSyntax>(source, (_, type) => type.TypeParameterList?.Parameters.Count > MostTypeParameters)),
        new("long-files", source.Files.Where(file => file.Lines.Count > MostLines).Select(file => $"{file.Path}: {file.Lines.Count} lines")),
        new("long-lines-of-code", source.Files.SelectMany(file => LongLines(file.Path, file.Lines))),
        new("long-lines-of-documents", documents.OrderBy(document => document.Key).SelectMany(document => LongLines(document.Key, document.Value))),
        new("operands-by-number", Nodes<ElementAccessExpressionSyntax>(source, (_, access) => IsOperandByNumber(access))),
        new("type-comparisons", Nodes<BinaryExpressionSyntax>(source, ComparesTypeParameter)),
        new("import-circles", imports.Circles.Count,
            [.. imports.Circles.SelectMany(circle => circle.Import.Uses.Prepend(FolderImport.Join([circle.Import.From, .. circle.Back])))]),
    ];

    private static IEnumerable<string> Nodes<TNode>(LibrarySource source, Func<SemanticModel, TNode, bool> counts)
        where TNode : SyntaxNode =>
        from file in source.Files
        let model = source.Model(file)
        from node in file.Tree.GetRoot().DescendantNodes().OfType<TNode>()
        where counts(model, node)
        select file.Place(node);

    // Lines with something on them, but comments and imports.
    private static int LinesOfCode(SourceFile file) => file.Tree.GetRoot()
        .DescendantTokens(node => node is not UsingDirectiveSyntax)
        .Where(token => token.Span.Length > 0)
        .SelectMany(token => Lines(token.GetLocation().GetLineSpan()))
        .Distinct().Count();

    private static IEnumerable<int> Lines(FileLinePositionSpan span) =>
        Enumerable.Range(span.StartLinePosition.Line, span.EndLinePosition.Line - span.StartLinePosition.Line + 1);

    // What a call has to give in order: of methods, constructors, operators, delegates, local functions, and of types with a constructor in
    // their head, save records, which are their values.
    private static int Parameters(SyntaxNode node) => node switch
    {
        BaseMethodDeclarationSyntax method => method.ParameterList.Parameters.Count,
        LocalFunctionStatementSyntax function => function.ParameterList.Parameters.Count,
        DelegateDeclarationSyntax type => type.ParameterList.Parameters.Count,
        RecordDeclarationSyntax => 0,
        TypeDeclarationSyntax type => type.ParameterList?.Parameters.Count ?? 0,
        _ => 0,
    };

    private static IEnumerable<string> LongLines(string path, IReadOnlyList<string> lines) =>
        lines.Index().Where(line => line.Item.Length > MostColumns).Select(line => $"{path}:{line.Index + 1}: {line.Item.Length} columns");

    private static bool IsOperandByNumber(ElementAccessExpressionSyntax access) =>
        access.Expression is IdentifierNameSyntax { Identifier.ValueText: var name } && _operands.Contains(name)
        && access.ArgumentList.Arguments is [{ Expression: LiteralExpressionSyntax { RawKind: (int)SyntaxKind.NumericLiteralExpression } }];

    private static bool ComparesTypeParameter(SemanticModel model, BinaryExpressionSyntax comparison) =>
        comparison.Kind() is SyntaxKind.EqualsExpression or SyntaxKind.NotEqualsExpression
        && new[] { comparison.Left, comparison.Right }.OfType<TypeOfExpressionSyntax>()
            .Any(type => model.GetTypeInfo(type.Type).Type is ITypeParameterSymbol);
}
