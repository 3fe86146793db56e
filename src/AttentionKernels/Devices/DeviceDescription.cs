using System.Globalization;
using System.Text;

namespace AttentionKernels;

/// <summary>One line of the <see cref="DeviceCatalog"/>: a device, or a driver that was looked for, and what is known of it.</summary>
/// <remarks>Byte counts are in bytes. Where <see cref="Unusable"/> is not <see langword="null"/>, figures that could not be read are
/// 0.</remarks>
public sealed record DeviceDescription
{
    /// <summary>The kind of device.</summary>
    public required DeviceKind Kind { get; init; }

    /// <summary>The device's number among the catalog's devices of the same selector: <c>cuda:0</c>, <c>opencl:0</c>, <c>opencl:1</c>,
    /// <c>cpu:0</c>.</summary>
    public required int Index { get; init; }

    /// <summary>The name the driver gives.</summary>
    public required string Name { get; init; }

    /// <summary>The driver and its version.</summary>
    public required string Driver { get; init; }

    /// <summary>Device memory in bytes.</summary>
    public long Memory { get; init; }

    /// <summary>The largest buffer, and so the largest tensor, that can be allocated, in bytes.</summary>
    public long LargestBuffer { get; init; }

    /// <summary>Compute units: streaming multiprocessors, OpenCL compute units, or processor threads.</summary>
    public int ComputeUnits { get; init; }

    /// <summary>The most threads of one work group.</summary>
    public int MaximumGroupSize { get; init; }

    /// <summary>Shared (OpenCL: local) memory of one work group, in bytes.</summary>
    public long SharedMemoryPerGroup { get; init; }

    /// <summary>fp32 lanes of a processor's vector register: 4, 8 or 16; 0 for GPUs.</summary>
    public int VectorLanes { get; init; }

    /// <summary>Whether neighbouring threads exchange numbers by shuffles: on CUDA, and on OpenCL devices with
    /// <c>cl_khr_subgroup_shuffle</c>.</summary>
    public bool SubGroups { get; init; }

    /// <summary>Whether the device has 16-bit floating-point arithmetic.</summary>
    public bool Float16 { get; init; }

    /// <summary>Whether the device has 64-bit floating-point arithmetic.</summary>
    public bool Float64 { get; init; }

    /// <summary>Why the device cannot be used; <see langword="null"/> where it can.</summary>
    public string? Unusable { get; init; }

    /// <summary>Whether the device can be opened.</summary>
    public bool IsUsable => Unusable is null;

    /// <summary>The text that selects this device in <see cref="AttentionDevice.Open(string)"/>, such as <c>opencl:0</c>.</summary>
    public string Selector => string.Create(CultureInfo.InvariantCulture, $"{Family}:{Index}");

    /// <summary>The first part of the selector: <c>cuda</c>, <c>opencl</c> or <c>cpu</c>.</summary>
    public string Family => FamilyOf(Kind);

    /// <summary>One line: selector, name, driver, limits, or why the device cannot be used.</summary>
    public override string ToString()
    {
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Selector,-9} {Name} ({Driver})");
        if (Unusable is not null)
            return line.Append(CultureInfo.InvariantCulture, $": cannot be used: {Unusable}").ToString();
        line.Append(CultureInfo.InvariantCulture, $": {Size(Memory)}, {ComputeUnits} compute units, ")
            .Append(CultureInfo.InvariantCulture, $"groups of {MaximumGroupSize}, {Size(SharedMemoryPerGroup)} shared")
            .Append(SubGroups ? ", subgroups" : "").Append(Float16 ? ", fp16" : "").Append(Float64 ? ", fp64" : "");
        return line.ToString();
    }

    private static string Size(long bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.##} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024} KiB");

    internal static string FamilyOf(DeviceKind kind) => kind switch
    {
        DeviceKind.Cuda => "cuda",
        DeviceKind.Cpu => "cpu",
        _ => "opencl",
    };
}
