using System.Globalization;
using AttentionKernels.Export;

namespace AttentionKernels.Bench;

/// <summary>A kernel as its driver gets it and as its processor runs it, beside its source.</summary>
/// <param name="launch">The launch.</param>
/// <param name="device">The selector of the device that made it.</param>
/// <param name="source">The source, where it is at hand.</param>
internal sealed class KernelText(ExportedLaunch launch, string device, KernelSource? source)
{
    private readonly (string? Sass, string Remark)? _assembly =
        launch.Language == KernelLanguage.Ptx ? CudaAssembly.Of(launch.Text) : null;

    /// <summary>Writes all of it, what is no code as comments.</summary>
    public void Write(TextWriter output)
    {
        foreach (string line in Head())
            output.WriteLine($"// {line}");
        output.WriteLine();
        output.WriteLine(launch.Text.TrimEnd());
        output.WriteLine();
        if (_assembly is { } assembly)
        {
            output.WriteLine($"// SASS: {assembly.Remark}");
            if (assembly.Sass is { } sass)
                output.WriteLine(sass.TrimEnd());
            output.WriteLine();
        }
    }

    /// <summary>Writes the text, the description of the launch, the machine code and the source into a folder for the device.</summary>
    public void Save(DirectoryInfo folder)
    {
        string description = launch.Save(Path.Combine(folder.FullName, device.Replace(':', '-')));
        if (_assembly?.Sass is { } sass)
            File.WriteAllText(Path.ChangeExtension(description, ".sass"), sass);
        source?.File.CopyTo(Path.Combine(Path.GetDirectoryName(description)!, source.File.Name), overwrite: true);
    }

    private IEnumerable<string> Head()
    {
        yield return launch.Kernel;
        if (source is not null)
        {
            yield return $"Source: {source.Path}";
            foreach (string paper in source.Papers)
                yield return $"Paper: {paper}";
            foreach (string line in source.Comment)
                yield return line;
        }

        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Launch: {launch.Grid.Groups} groups of {launch.Grid.GroupSize} threads ({launch.Grid.Formula}), "
            + $"{launch.DynamicSharedBytes} bytes of dynamic shared memory");
        yield return $"{(launch.Language == KernelLanguage.Ptx ? "PTX" : "OpenCL C")}, from {device}";
    }
}
