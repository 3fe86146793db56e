using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Launching;

/// <summary>A work-group kernel compiled for one device.</summary>
internal sealed class GroupKernel<TKernel, TArguments>
    where TKernel : struct, IGroupKernel<TArguments>
    where TArguments : struct
{
    private readonly AttentionDevice _device;
    private readonly Action<AcceleratorStream, KernelConfig, TArguments> _launch;

    internal GroupKernel(AttentionDevice device)
    {
        KernelTypes.CheckVisible(typeof(TArguments));
        _device = device;
        _launch = KernelCompilation.Load<Action<AcceleratorStream, KernelConfig, TArguments>>(
            device.Accelerator, KernelTypes.Name(typeof(TKernel)), (Action<TArguments>)Entry);
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
        try
        {
            lock (_device.Order.Queueing)
                _launch(stream, new KernelConfig((int)groups, TKernel.GroupSize), arguments);
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed($"The launch of {KernelTypes.Name(typeof(TKernel))}", exception);
        }
    }

    internal static void Entry(TArguments arguments) => TKernel.Run(arguments);
}
