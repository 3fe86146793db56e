using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Launching;

/// <summary>A work-group kernel compiled for one device.</summary>
internal sealed class GroupKernel<TKernel, TArguments>
    where TKernel : struct, IGroupKernel<TArguments>
    where TArguments : struct
{
    private readonly Action<AcceleratorStream, KernelConfig, TArguments> _launch;

    internal GroupKernel(Accelerator accelerator)
    {
        KernelTypes.CheckVisible(typeof(TArguments));
        _launch = accelerator.LoadKernel<TArguments>(Entry);
    }

    /// <summary>Launches <paramref name="groups"/> work groups; none is legal.</summary>
    public void Run(AcceleratorStream stream, TArguments arguments, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(groups);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groups, int.MaxValue);
        if (groups > 0)
            _launch(stream, new KernelConfig((int)groups, TKernel.GroupSize), arguments);
    }

    internal static void Entry(TArguments arguments) => TKernel.Run(arguments);
}
