#:property PublishAot=false

// Checks a package with the symbols beside it, as nuget.info and dotnet-validate do: dotnet run eng/validate-package.cs -- PACKAGE.nupkg
// It has what nuget.org shows (icon, readme, license, release notes, commit), the compiler made it deterministically, the symbols are those
// of its assembly, and each source is embedded in them or has an address by SourceLink.

using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: validate-package.cs PACKAGE.nupkg");
    return 2;
}

var embeddedSource = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
var compilerOptions = new Guid("B5FEEC05-8CD0-4A83-96DA-466284BB4BD8");
var problems = new List<string>();

using ZipArchive package = ZipFile.OpenRead(args[0]);
using ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(args[0], ".snupkg"));
XElement metadata = XDocument.Load(new MemoryStream(Bytes(package, package.Entries.Single(entry => entry.Name.EndsWith(".nuspec")).Name)))
    .Descendants().Single(element => element.Name.LocalName == "metadata");

string Text(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value ?? "";

foreach (string name in new[] { "id", "version", "authors", "description", "license", "tags", "releaseNotes", "icon", "readme" })
    Check(Text(name).Length > 0, $"no {name}");
foreach (string file in new[] { Text("icon"), Text("readme") })
    Check(package.GetEntry(file) is not null, $"no file {file}");
Check(!Encoding.UTF8.GetString(Bytes(package, Text("readme"))).Contains("](.."), "a link of the readme leads out of the package");

XElement? repository = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "repository");
string? address = (string?)repository?.Attribute("url");
Check(Regex.IsMatch((string?)repository?.Attribute("commit") ?? "", "^[0-9a-f]{40}$"), "no commit of the repository");
Check(address is null || Text("projectUrl").Length > 0, "an address of the repository and none of the project");

foreach (ZipArchiveEntry assembly in package.Entries.Where(entry => entry.Name.EndsWith(".dll")))
    Assembly(assembly.FullName);
foreach (string problem in problems)
    Console.Error.WriteLine($"{Path.GetFileName(args[0])}: {problem}");
if (problems.Count == 0)
{
    string origin = address ?? "a repository without an address: git's remote is not one of a server";
    Console.WriteLine($"{Path.GetFileName(args[0])}: valid, of {origin}");
}

return problems.Count == 0 ? 0 : 1;

void Assembly(string path)
{
    Check(package.GetEntry(Path.ChangeExtension(path, ".xml")) is not null, $"no documentation of {path}");
    using var image = new PEReader(new MemoryStream(Bytes(package, path)));
    DebugDirectoryEntry[] directory = [.. image.ReadDebugDirectory()];
    Check(directory.Any(entry => entry.Type == DebugDirectoryEntryType.Reproducible), $"{path} is not compiled deterministically");

    if (symbols.GetEntry(Path.ChangeExtension(path, ".pdb")) is null)
    {
        problems.Add($"no symbols of {path}");
        return;
    }

    byte[] bytes = Bytes(symbols, Path.ChangeExtension(path, ".pdb"));
    using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(bytes));
    MetadataReader reader = provider.GetMetadataReader();

    // The checksum is that of the symbols without their own id, 20 bytes.
    PdbChecksumDebugDirectoryData checksum = image.ReadPdbChecksumDebugDirectoryData(
        directory.Single(entry => entry.Type == DebugDirectoryEntryType.PdbChecksum));
    Array.Clear(bytes, reader.DebugMetadataHeader!.IdStartOffset, 20);
    Check(SHA256.HashData(bytes).AsSpan().SequenceEqual(checksum.Checksum.AsSpan()), $"the symbols are not those of {path}");

    string[] addresses = [.. Custom(EntityHandle.ModuleDefinition, sourceLink).SelectMany(link =>
        JsonDocument.Parse(link).RootElement.GetProperty("documents").EnumerateObject().Select(pair => pair.Name))];
    Check(address is null || addresses.Length > 0, $"no SourceLink in the symbols of {path}");
    Check(Custom(EntityHandle.ModuleDefinition, compilerOptions).Any(), $"no options of the compiler in the symbols of {path}");
    foreach (DocumentHandle handle in reader.Documents)
    {
        string source = reader.GetString(reader.GetDocument(handle).Name);
        Check(source.StartsWith("/_/"), $"{source} is a path of the machine that compiled {path}");
        bool isThere = Custom(handle, embeddedSource).Any() || addresses.Any(pattern => source.StartsWith(pattern.TrimEnd('*')));
        Check(isThere, $"no source of {source}");
    }

    IEnumerable<byte[]> Custom(EntityHandle of, Guid kind) =>
        reader.GetCustomDebugInformation(of).Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == kind).Select(information => reader.GetBlobBytes(information.Value));
}

void Check(bool holds, string problem)
{
    if (!holds)
        problems.Add(problem);
}

static byte[] Bytes(ZipArchive archive, string path)
{
    using Stream content = archive.GetEntry(path)!.Open();
    using var memory = new MemoryStream();
    content.CopyTo(memory);
    return memory.ToArray();
}
