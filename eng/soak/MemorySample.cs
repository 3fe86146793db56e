using System.Globalization;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Soak;

/// <summary>Memory in use while nobody calls the library, in bytes.</summary>
/// <param name="Managed">Of the garbage collector, after a collection.</param>
/// <param name="Process">Of the process, which the memory of the managed CPU and of OpenCL on the processor is part of. Without a meaning
/// where there is the emulated CUDA driver, which gives no address a second time, so that it notices who uses freed memory.</param>
/// <param name="Device">Of CUDA devices, as their driver counts it.</param>
internal sealed record MemorySample(long Managed, long? Process, long Device)
{
    // What fragmentation may add after the warm-up: in ten minutes the first went up and down by 0.3 MiB, the second by 10. Half a minute
    // in which one call keeps its tensor adds 2.6 and 48.
    private const long ManagedSlack = 1 << 20;
    private const long ProcessSlack = 32 << 20;
    private const long DeviceSlack = 16 << 20;

    private const string Emulated = "Emulated CUDA device";

    /// <summary>Collects, and measures.</summary>
    public static MemorySample Take(IEnumerable<AttentionDevice> devices)
    {
        foreach (AttentionDevice device in devices)
            device.Synchronize();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new(
            GC.GetTotalMemory(forceFullCollection: true),
            devices.Any(device => device.Description.Name == Emulated) ? null : Environment.WorkingSet,
            devices.Select(device => device.Accelerator).OfType<CudaAccelerator>().Sum(cuda => cuda.MemorySize - cuda.GetFreeMemory()));
    }

    /// <summary>The larger of each number.</summary>
    public MemorySample MaximumOf(MemorySample? other) => other is null
        ? this
        : new(Math.Max(Managed, other.Managed), Process > other.Process ? Process : other.Process, Math.Max(Device, other.Device));

    /// <summary>What has grown, or <see langword="null"/>.</summary>
    public string? GrowthSince(MemorySample settled) =>
        Managed <= settled.Managed + ManagedSlack && !(Process > settled.Process + ProcessSlack) && Device <= settled.Device + DeviceSlack
            ? null
            : $"memory has grown since the warm-up: {settled}, then {this}";

    /// <summary>The three.</summary>
    public override string ToString() =>
        $"managed {Mebibytes(Managed)}, CUDA {Mebibytes(Device)}, process {(Process is { } own ? Mebibytes(own) : "not counted")}";

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):F1} MiB");
}
