using ILGPU;

namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>What <see cref="AddResidual"/> takes.</summary>
public struct AddResidualArguments
{
    /// <summary>The vectors that flow through the layers.</summary>
    public ArrayView<float> Stream;

    /// <summary>What a block adds to them, of the same length.</summary>
    public ArrayView<float> Update;

    /// <summary>The elements of a tile.</summary>
    public ElementRun Run;
}

/// <summary>stream ← stream + update, the residual connection around a block.</summary>
/// <remarks>Tile: a run of elements.</remarks>
public readonly struct AddResidual : ITileKernel<AddResidualArguments>
{
    /// <inheritdoc/>
    public static void Run(AddResidualArguments arguments, long tile, ArrayView<float> scratch)
    {
        for (long element = arguments.Run.First(tile); element < arguments.Run.End(tile); element++)
            arguments.Stream[element] += arguments.Update[element];
    }
}
