using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Export;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Launching;

/// <summary>A work-group kernel compiled for one device.</summary>
internal sealed class GroupKernel<TKernel, TArguments>
    where TKernel : struct, IGroupKernel<TArguments>
{
    private static readonly SharedMemoryConfig _sharedMemory =
        TKernel.DynamicSharedBytes > 0 ? SharedMemoryConfig.RequestDynamic<byte>(TKernel.DynamicSharedBytes) : SharedMemoryConfig.Empty;

    private readonly AttentionDevice _device;
    private readonly Action<AcceleratorStream, KernelConfig, TArguments> _launch;

    internal GroupKernel(AttentionDevice device)
    {
        KernelTypes.CheckVisible(typeof(TArguments));
        if (TKernel.UsesTensorCores)
            PrepareForTensorCores(device);
        _device = device;
        _launch = KernelCompilation.Load<Action<AcceleratorStream, KernelConfig, TArguments>>(
            device, KernelTypes.Name(typeof(TKernel)), (Action<TArguments>)Entry,
            TKernel.DynamicSharedBytes);
    }

    /// <summary>Launches <paramref name="groups"/> work groups; none is legal.</summary>
    /// <exception cref="DeviceFailedException">The driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">Memory of a view in the arguments is disposed.</exception>
    public void Run(AcceleratorStream stream, TArguments arguments, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(groups);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groups, int.MaxValue);
        if (groups == 0)
            return;
        using StreamWork work = _device.Order.Begin(stream);
        work.UsesViews(arguments);
        work.Start();
        if (LaunchRecording.Of(_device) is { } recording)
            recording.Add(Recorded(arguments, (int)groups));
        try
        {
            lock (_device.Order.Queueing)
                _launch(stream, new KernelConfig((int)groups, TKernel.GroupSize, _sharedMemory), arguments);
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed($"The launch of {KernelTypes.Name(typeof(TKernel))}", exception);
        }
    }

    internal static void Entry(TArguments arguments) => TKernel.Run(arguments);

    private RecordedLaunch Recorded(TArguments arguments, int groups) => new(
        KernelTypes.Name(typeof(TKernel)), ((Action<TArguments>)Entry).Method, KernelCompilation.Compiled(_launch),
        new LaunchGrid(groups, TKernel.GroupSize, groups, "groups = tiles"), [arguments!])
    {
        DynamicSharedBytes = TKernel.DynamicSharedBytes,
        UsesTensorCores = TKernel.UsesTensorCores,
    };

    // ILGPU takes structs of as many fp32 numbers for one type, however they are nested, and then finds the fields of one by those of the
    // other. Register tiles of several kernels are such structs: each compilation begins without the types of the last.
    private static void PrepareForTensorCores(AttentionDevice device)
    {
        if (!TensorCoreDevices.Have(device))
            throw new NotSupportedException("it uses tensor cores: mma of fp16 and bf16, which CUDA devices of sm_80 and newer have");
        device.Accelerator.Context.ClearCache(ClearCacheMode.Everything);
    }
}
