using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Drivers;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels;

/// <summary>Finds and describes every device present.</summary>
public static class DeviceCatalog
{
    // CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, which ILGPU's enumeration does not publish.
    private const CLDeviceInfoType NativeVectorWidthFloat = (CLDeviceInfoType)0x103A;

    /// <summary>
    /// Lists what is present, in the order of preference: CUDA devices, OpenCL GPUs, OpenCL CPUs, the managed CPU. A driver that is
    /// missing or broken is a line that says so, never an exception.
    /// </summary>
    /// <returns>The lines; at least the managed CPU is usable.</returns>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <exception cref="TrimmedAssemblyException">The program was trimmed without the package's roots.</exception>
    /// <example>
    /// <code>
    /// foreach (DeviceDescription line in DeviceCatalog.List())
    ///     Console.WriteLine(line);                                                // name, driver, limits, or why it cannot be used
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static IReadOnlyList<DeviceDescription> List()
    {
        using Context context = CreateContext(out List<DeviceDescription> lines);
        var counters = new Dictionary<string, int>();
        foreach (Device device in InOrder(context))
        {
            DeviceDescription description = Describe(device, counters);
            lines.Add(description with { Unusable = Probe(context, device) });
        }

        return [.. lines.OrderBy(line => line.Kind).ThenBy(line => line.Index)];
    }

    /// <summary>Makes a prepared context that holds every device, and the lines of the drivers that gave none.</summary>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    internal static Context CreateContext(out List<DeviceDescription> missing)
    {
        // Here, and not in a method of its own: Native AOT then leaves out what follows.
        if (!RuntimeFeature.IsDynamicCodeSupported)
            throw new DynamicCodeRequiredException();
        var failures = new Dictionary<DeviceKind, string>();
        Context context = CreateContext(failures);
        missing = [];
        if (context.GetCudaDevices().Count == 0)
            missing.Add(MissingDriver(failures, DeviceKind.Cuda, "cuda", DriverDiagnosis.Cuda));
        if (context.GetCLDevices().Count == 0)
            missing.Add(MissingDriver(failures, DeviceKind.OpenClCpu, "OpenCL", DriverDiagnosis.OpenCl));
        return context;
    }

    /// <summary>The devices of a context in the order of preference.</summary>
    internal static IEnumerable<Device> InOrder(Context context) => context.Devices.OrderBy(device => KindOf(device));

    /// <summary>Describes a device; <paramref name="counters"/> numbers the devices of a family.</summary>
    internal static DeviceDescription Describe(Device device, Dictionary<string, int> counters)
    {
        DeviceKind kind = KindOf(device);
        string family = DeviceDescription.FamilyOf(kind);
        int index = counters[family] = counters.TryGetValue(family, out int last) ? last + 1 : 0;
        return new DeviceDescription
        {
            Kind = kind,
            Index = index,
            Name = kind == DeviceKind.Cpu ? "Managed CPU" : device.Name.Trim(),
            Driver = device switch
            {
                CudaDevice cuda => $"CUDA {cuda.DriverVersion}, {cuda.Architecture?.ToString() ?? "unknown architecture"}",
                CLDevice { DeviceId: var id } openCl =>
                    $"{openCl.PlatformName.Trim()}, {CLAPI.CurrentAPI.GetDeviceInfo(id, CLDeviceInfoType.CL_DRIVER_VERSION).Trim()}",
                _ => $".NET {Environment.Version}",
            },
            Memory = device is CPUDevice ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : device.MemorySize,
            LargestBuffer = device switch
            {
                CLDevice openCl => CLAPI.CurrentAPI.GetDeviceInfo<long>(openCl.DeviceId, CLDeviceInfoType.CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                CPUDevice => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
                _ => device.MemorySize,
            },
            ComputeUnits = device is CPUDevice ? Environment.ProcessorCount : device.NumMultiprocessors,
            MaximumGroupSize = device.MaxNumThreadsPerGroup,
            SharedMemoryPerGroup = device.MaxSharedMemoryPerGroup,
            VectorLanes = VectorLanes(device),
            SubGroups = device is CudaDevice || (device is CLDevice { Extensions: var has } && has.Contains("cl_khr_subgroup_shuffle")),
            Float16 = device is not CLDevice { Capabilities.Float16: false },
            Float64 = device is not CLDevice { Capabilities.Float64: false },
        };
    }

    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    private static Context CreateContext(Dictionary<DeviceKind, string> failures)
    {
        try
        {
            return Context.Create(builder =>
            {
                builder.AttentionKernels();
                Enumerate(failures, DeviceKind.Cuda, () => builder.Cuda());
                Enumerate(failures, DeviceKind.OpenClCpu, () => builder.AttentionKernelsOpenCl());

                // Kernels of the Simt schedule have groups of up to 256 threads; the managed CPU has one multiprocessor of that size.
                builder.CPU(new CPUDevice(4, 64, 1));
            });
        }
        catch (Exception exception) when (exception is NotSupportedException or MissingMemberException or TypeInitializationException)
        {
            // Whatever drivers do is caught above: what is left is a table of ILGPU's own that it cannot fill.
            throw new TrimmedAssemblyException(exception);
        }
    }

    private static int VectorLanes(Device device) => device switch
    {
        CPUDevice => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4,
        CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU } openCl =>
            CLAPI.CurrentAPI.GetDeviceInfo<int>(openCl.DeviceId, NativeVectorWidthFloat) switch { >= 16 => 16, >= 8 => 8, _ => 4 },
        _ => 0,
    };

    private static DeviceKind KindOf(Device device) => device switch
    {
        CudaDevice => DeviceKind.Cuda,
        CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU } => DeviceKind.OpenClCpu,
        CLDevice => DeviceKind.OpenClGpu,
        _ => DeviceKind.Cpu,
    };

    // Whatever a broken driver does while it is asked what it has, the other devices stay usable.
    private static void Enumerate(Dictionary<DeviceKind, string> failures, DeviceKind kind, Action enumerate)
    {
        try
        {
            enumerate();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failures[kind] = $"{exception.GetType().Name}: {DriverError.Describe(exception)}";
        }
    }

    private static DeviceDescription MissingDriver(
        Dictionary<DeviceKind, string> failures, DeviceKind kind, string library, Func<string?> diagnose)
    {
        string? diagnosis = null;
        Enumerate(failures, kind, () => diagnosis = diagnose());
        return new DeviceDescription
        {
            Kind = kind,
            Index = 0,
            Name = $"{library} driver",
            Driver = "none",
            Unusable = diagnosis ?? failures.GetValueOrDefault(kind, "The driver reports no device."),
        };
    }

    private static string? Probe(Context context, Device device)
    {
        try
        {
            using Accelerator accelerator = device.CreateAccelerator(context);
            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"{exception.GetType().Name}: {DriverError.Describe(exception)}";
        }
    }
}
