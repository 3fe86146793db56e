using AttentionKernels.Launching;
using AttentionKernels.Simd;

namespace AttentionKernels;

/// <summary>Makes kernels ready for a device.</summary>
public static class KernelLoading
{
    /// <typeparam name="TKernel">The kernel.</typeparam>
    /// <typeparam name="TArguments">Its arguments, a public struct (or an internal one of an assembly that shows its internals to
    /// <c>ILGPURuntime</c>).</typeparam>
    /// <param name="device">The device.</param>
    extension<TKernel, TArguments>(AttentionDevice device)
        where TKernel : struct, ITileKernel<TArguments>
        where TArguments : struct
    {
        /// <summary>Compiles a tile kernel for a device, once; later calls return the same kernel.</summary>
        /// <returns>The kernel.</returns>
        /// <exception cref="ArgumentException">The arguments' type is not visible to ILGPU.</exception>
        /// <exception cref="KernelCompilationException">The kernel uses what devices cannot run.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using ILGPU;
        ///
        /// using Tensor&lt;int> counts = device.Allocate&lt;int>([100]);
        /// TileKernel&lt;CountTiles, CountTilesArguments> kernel = device.LoadTileKernel&lt;CountTiles, CountTilesArguments>();
        /// kernel.Run(device.DefaultStream, new CountTilesArguments(counts.View.Data, 1), tiles: counts.Shape[0]);
        ///
        /// public readonly record struct CountTilesArguments(ArrayView&lt;int> Counts, int Increment);
        ///
        /// public readonly struct CountTiles : ITileKernel&lt;CountTilesArguments>
        /// {
        ///     public static void Run(CountTilesArguments arguments, long tile, ArrayView&lt;float> scratch) =>
        ///         arguments.Counts[tile] += arguments.Increment;
        /// }
        /// </code>
        /// </example>
        public TileKernel<TKernel, TArguments> LoadTileKernel()
        {
            ArgumentNullException.ThrowIfNull(device);
            return device.Load(static device => new TileKernel<TKernel, TArguments>(device));
        }

        /// <summary>Compiles a kernel of the Vector schedule, over <see cref="Fp32x4"/>, which stands for the vector of any device, for
        /// that of this one, once; later calls return the same kernel.</summary>
        internal ILoadedTiles<TArguments> LoadVectorKernel() =>
            device.Load(static device => VectorKernel<TKernel, TArguments>.Of(device)).Tiles;
    }

    internal static GroupKernel<TKernel, TArguments> LoadGroupKernel<TKernel, TArguments>(this AttentionDevice device)
        where TKernel : struct, IGroupKernel<TArguments> => device.Load(static device => new GroupKernel<TKernel, TArguments>(device));

    // A kernel closed over the vector of a device, under the name that it is asked for by.
    private sealed record VectorKernel<TKernel, TArguments>(ILoadedTiles<TArguments> Tiles)
    {
        public static VectorKernel<TKernel, TArguments> Of(AttentionDevice device)
        {
            Type vector = Vectors.Of(device.Description.VectorLanes);
            Type[] types = [.. typeof(TKernel).GetGenericArguments().Select(type => type == typeof(Fp32x4) ? vector : type)];
            Type kernel = ClosedTypes.Close(typeof(TKernel).GetGenericTypeDefinition(), types);
            return new(ClosedTypes.Create<ILoadedTiles<TArguments>>(typeof(TileKernel<,>), [kernel, typeof(TArguments)], device));
        }
    }
}
