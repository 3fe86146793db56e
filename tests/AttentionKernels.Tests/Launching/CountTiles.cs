using ILGPU;

namespace AttentionKernels.Tests.Launching;

public readonly record struct CountTilesArguments(ArrayView<int> Counts, int Increment);

/// <summary>A user's own tile kernel: adds to its tile's element.</summary>
public readonly struct CountTiles : ITileKernel<CountTilesArguments>
{
    public static void Run(CountTilesArguments arguments, long tile, ArrayView<float> scratch) =>
        arguments.Counts[tile] += arguments.Increment;
}
