using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Launching;

/// <summary>A tile kernel made ready for a device, whichever it is.</summary>
/// <typeparam name="TArguments">Its arguments.</typeparam>
internal interface ILoadedTiles<TArguments>
{
    /// <inheritdoc cref="TileKernel{TKernel, TArguments}.Run(AcceleratorStream, TArguments, long)"/>
    void Run(AcceleratorStream stream, TArguments arguments, long tiles);

    /// <inheritdoc cref="TileKernel{TKernel, TArguments}.Run(AcceleratorStream, TArguments, long, ArrayView{float}, int)"/>
    void Run(AcceleratorStream stream, TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength);
}
