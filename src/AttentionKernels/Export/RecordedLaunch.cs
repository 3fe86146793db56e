using System.Reflection;
using ILGPU.Backends;

namespace AttentionKernels.Export;

/// <summary>A launch as it was made.</summary>
/// <param name="Kernel">The kernel's name with its generic choices.</param>
/// <param name="Entry">What every work item calls.</param>
/// <param name="Compiled">What the driver got; none on the managed CPU.</param>
/// <param name="Grid">How many groups of how many threads, and by what rule.</param>
/// <param name="Arguments">The entry's arguments.</param>
internal sealed record RecordedLaunch(string Kernel, MethodInfo Entry, CompiledKernel? Compiled, LaunchGrid Grid, object[] Arguments)
{
    /// <summary>Bytes of shared memory that the launch asks for.</summary>
    public int DynamicSharedBytes { get; init; }

    /// <summary>Whether the kernel needs tensor cores.</summary>
    public bool UsesTensorCores { get; init; }
}
