using System.Reflection;
using System.Runtime.InteropServices;
using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>What a run ran on.</summary>
/// <param name="OperatingSystem">The operating system.</param>
/// <param name="Processor">The processor's name, as far as it is known.</param>
/// <param name="Processors">How many threads it runs at once.</param>
/// <param name="LastLevelCacheBytes">Its largest cache.</param>
/// <param name="MemoryBytes">The memory that the process may use.</param>
/// <param name="Runtime">The version of .NET.</param>
/// <param name="Library">The library's version, and behind a '+' the commit that it was built of.</param>
internal sealed record Machine(
    string OperatingSystem, string Processor, int Processors, long LastLevelCacheBytes, long MemoryBytes, string Runtime, string Library)
{
    /// <summary>This one.</summary>
    public static Machine Current { get; } = new(
        RuntimeInformation.OSDescription, NameOfProcessor(), Environment.ProcessorCount, LastLevelCache.Bytes,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, RuntimeInformation.FrameworkDescription,
        typeof(AttentionDevice).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    // Linux says it in a file, Windows in a variable.
    private static string NameOfProcessor()
    {
        const string Path = "/proc/cpuinfo", Label = "model name";
        string? line = File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
