using AttentionKernels.Launching;

namespace AttentionKernels;

/// <summary>Makes kernels ready for a device.</summary>
public static class KernelLoading
{
    /// <summary>Compiles a tile kernel for a device, once; later calls return the same kernel.</summary>
    /// <typeparam name="TKernel">The kernel.</typeparam>
    /// <typeparam name="TArguments">Its arguments, a public struct (or an internal one of an assembly that shows its internals to
    /// <c>ILGPURuntime</c>).</typeparam>
    /// <param name="device">The device.</param>
    /// <returns>The kernel.</returns>
    /// <exception cref="ArgumentException">The arguments' type is not visible to ILGPU.</exception>
    /// <exception cref="KernelCompilationException">The kernel uses what devices cannot run.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public static TileKernel<TKernel, TArguments> LoadTileKernel<TKernel, TArguments>(this AttentionDevice device)
        where TKernel : struct, ITileKernel<TArguments>
        where TArguments : struct
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Load(static device => new TileKernel<TKernel, TArguments>(device));
    }

    internal static GroupKernel<TKernel, TArguments> LoadGroupKernel<TKernel, TArguments>(this AttentionDevice device)
        where TKernel : struct, IGroupKernel<TArguments> => device.Load(static device => new GroupKernel<TKernel, TArguments>(device));
}
