using ILGPU;

namespace AttentionKernels;

/// <summary>
/// A kernel as a function of (arguments, tile index, scratch): one work item computes one tile, without barriers.
/// </summary>
/// <remarks>
/// The same body runs everywhere. On OpenCL and CUDA an ILGPU kernel calls it for every tile; on the managed CPU the caller and threads of
/// the device's do, over the same buffers. It may use element access on views, the intrinsics and nothing that
/// needs a work group (<c>SharedMemory</c>, <c>Group</c>, <c>Warp</c>).
/// </remarks>
/// <typeparam name="TArguments">The kernel's arguments: one struct of views and numbers (no <see cref="bool"/>).</typeparam>
public interface ITileKernel<TArguments>
    where TArguments : struct
{
    /// <summary>Computes one tile.</summary>
    /// <param name="arguments">The arguments, the same for every tile.</param>
    /// <param name="tile">The tile's index, from 0.</param>
    /// <param name="scratch">Memory of the calling worker, of the length that was asked for; its content is undefined.</param>
    static abstract void Run(TArguments arguments, long tile, ArrayView<float> scratch);
}
