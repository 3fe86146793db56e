using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>The resources of an assembly, which is read as a file and never loaded.</summary>
internal static class AssemblyResources
{
    private const int LengthBytes = sizeof(int);

    /// <summary>The resource whose name ends as asked for.</summary>
    /// <exception cref="InvalidDataException">The file is no assembly, or has no such resource.</exception>
    public static byte[] Read(string path, string nameEnd)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            if (file.PEHeaders.CorHeader is not { } header)
                throw new BadImageFormatException("it has no managed code.");
            MetadataReader metadata = file.GetMetadataReader();
            PEMemoryBlock resources = file.GetSectionData(header.ResourcesDirectory.RelativeVirtualAddress);
            foreach (ManifestResource resource in metadata.ManifestResources.Select(metadata.GetManifestResource))
            {
                if (!metadata.GetString(resource.Name).EndsWith(nameEnd, StringComparison.Ordinal))
                    continue;
                BlobReader content = resources.GetReader((int)resource.Offset, LengthBytes);
                return resources.GetReader((int)resource.Offset + LengthBytes, content.ReadInt32()) is var bytes
                    ? bytes.ReadBytes(bytes.Length)
                    : [];
            }
        }
        catch (BadImageFormatException exception)
        {
            throw new InvalidDataException($"{path} is not an assembly: {exception.Message}", exception);
        }

        throw new InvalidDataException($"{path} has no resource whose name ends with {nameEnd}.");
    }
}
