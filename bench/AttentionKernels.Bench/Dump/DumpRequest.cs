using System.Globalization;
using AttentionKernels.Export;

namespace AttentionKernels.Bench;

/// <summary>Which kernels are shown, and as what.</summary>
/// <param name="Kernels">What their names match; nothing where names are listed.</param>
/// <param name="Capability">The compute capability that PTX is made for without a driver, as 80; the devices' own text without it.</param>
internal sealed record DumpRequest(Glob? Kernels, int? Capability)
{
    /// <summary>Reads a compute capability: <c>8.0</c>, <c>80</c> or <c>sm_80</c>.</summary>
    /// <exception cref="FormatException">It is none; the message says what it must be.</exception>
    public static int ParseCapability(string text)
    {
        string digits = text.StartsWith("sm_", StringComparison.Ordinal) ? text[3..] : text.Replace(".", "", StringComparison.Ordinal);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int capability)
            ? capability
            : throw new FormatException($"--capability is '{text}'; it must be a compute capability such as 8.0 or 9.0.");
    }

    /// <summary>Lists the kernels that match, a line each: name, file and papers.</summary>
    public void List(TextWriter output)
    {
        foreach (KernelExample example in Matching())
        {
            KernelSource? source = KernelSource.Find(example.Kernel);
            output.WriteLine($"{example.Kernel,-26}{source?.Path}{string.Concat(source?.Papers.Select(paper => $"  {paper}") ?? [])}");
        }
    }

    /// <summary>Shows the kernels that match on each device.</summary>
    /// <param name="devices">The devices.</param>
    /// <param name="type">How numbers are stored.</param>
    /// <param name="folder">Where text, description, machine code and source are written too; nowhere without it.</param>
    /// <param name="output">Where they are shown.</param>
    /// <param name="errors">Where it is said what a device does not have.</param>
    /// <returns>How many were shown.</returns>
    public int Show(
        IReadOnlyList<AttentionDevice> devices, DataType type, DirectoryInfo? folder, TextWriter output, TextWriter errors)
    {
        int shown = 0;
        foreach (KernelExample example in Matching())
        {
            foreach (AttentionDevice device in devices)
            {
                string selector = device.Description.Selector;
                try
                {
                    ExportedLaunch[] launches = Record(example, device, type);
                    foreach (ExportedLaunch launch in launches)
                        Show(new KernelText(launch, selector, KernelSource.Find(example.Kernel)), folder, output);
                    shown += launches.Length;
                    if (launches.Length == 0)
                        errors.WriteLine($"{selector} does not launch {example.Kernel}: it has another schedule.");
                }
                catch (Exception exception) when (exception is KernelCompilationException or NotSupportedException)
                {
                    errors.WriteLine($"{selector} does not launch {example.Kernel}: {exception.Message.ReplaceLineEndings(" ")}");
                }
            }
        }

        return shown;
    }

    private static void Show(KernelText text, DirectoryInfo? folder, TextWriter output)
    {
        text.Write(output);
        if (folder is not null)
            text.Save(folder);
    }

    // A name that is a kernel's is that kernel's alone: RotaryEmbedding, and not what contains it.
    private IEnumerable<KernelExample> Matching()
    {
        if (Kernels is null)
            return KernelExample.All;
        KernelExample[] named = [.. KernelExample.All.Where(example => Kernels.IsExactly(example.Kernel))];
        return named.Length > 0 ? named : KernelExample.All.Where(example => Kernels.Matches(example.Kernel));
    }

    private ExportedLaunch[] Record(KernelExample example, AttentionDevice device, DataType type)
    {
        using var row = new PreparedRow(device, exceedsCache: false);
        IReadOnlyList<ExportedLaunch> launches = device.RecordLaunches(() => example.Launch(row, type), Capability);
        return [.. launches.Where(launch => example.IsOf(launch.Kernel)).DistinctBy(launch => launch.Kernel)];
    }
}
