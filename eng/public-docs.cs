#:package Microsoft.CodeAnalysis.CSharp
#:property PublishAot=false

// Keeps what an assembly's XML documentation says of members that users can call:
// dotnet run eng/public-docs.cs -- ASSEMBLY XML OUTPUT REFERENCE...
// A reference to a member that is left out becomes its name, so that none leads nowhere. Packing runs it (src/Directory.Build.targets).

using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: public-docs.cs ASSEMBLY XML OUTPUT REFERENCE...");
    return 2;
}

PortableExecutableReference assembly = MetadataReference.CreateFromFile(args[0]);
CSharpCompilation compilation = CSharpCompilation.Create(
    "documentation",
    references: [assembly, .. args[3..].Select(path => MetadataReference.CreateFromFile(path))],
    options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, metadataImportOptions: MetadataImportOptions.All));
var symbol = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(assembly)!;
HashSet<string> seen = [.. Members(symbol.GlobalNamespace).Where(IsSeen).Select(member => member.GetDocumentationCommentId()!)];
HashSet<string> hidden =
    [.. Members(symbol.GlobalNamespace).Where(member => !IsSeen(member)).Select(member => member.GetDocumentationCommentId()!)];

XDocument document = XDocument.Load(args[1], LoadOptions.PreserveWhitespace);
XElement[] members = [.. document.Descendants("member")];
foreach (XElement member in members.Where(member => !seen.Contains((string)member.Attribute("name")!)))
{
    (member.PreviousNode as XText)?.Remove();
    member.Remove();
}

XElement[] nowhere =
    [.. document.Descendants("see").Where(reference => hidden.Contains((string?)reference.Attribute("cref") ?? ""))];
foreach (XElement reference in nowhere)
    reference.ReplaceWith(new XElement("c", NameOf((string)reference.Attribute("cref")!)));

Directory.CreateDirectory(Path.GetDirectoryName(args[2])!);
File.WriteAllText(args[2], document.Declaration + document.ToString(SaveOptions.DisableFormatting));
Console.WriteLine($"{document.Descendants("member").Count()} of {members.Length} members are documented for users.");
return 0;

static IEnumerable<ISymbol> Members(INamespaceOrTypeSymbol container) =>
    container.GetMembers().SelectMany(member => member is INamespaceOrTypeSymbol inner ? Members(inner).Prepend(member) : [member]);

// Users see a member where they see it and all types around it: public ones, and what is protected.
static bool IsSeen(ISymbol symbol) =>
    symbol is INamespaceSymbol
    || (symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal
        && (symbol.ContainingType is null || IsSeen(symbol.ContainingType)));

// "M:Name.Space.Type.Method(System.Int32)" is "Method".
static string NameOf(string id) => id.Split('(')[0].Split('.', ':')[^1].Split('`')[0];
