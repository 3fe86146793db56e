using ILGPU;

namespace AttentionKernels.Tests.Launching;

public readonly record struct DivideTilesArguments(ArrayView<int> Quotients, int Dividend, int Divisor);

/// <summary>A user's own tile kernel with a division that is the same for all tiles, so that compilers move it before their loop.</summary>
public readonly struct DivideTiles : ITileKernel<DivideTilesArguments>
{
    public static void Run(DivideTilesArguments arguments, long tile, ArrayView<float> scratch) =>
        arguments.Quotients[tile] = arguments.Dividend / arguments.Divisor;
}
