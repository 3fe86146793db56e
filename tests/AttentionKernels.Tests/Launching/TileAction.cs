using System.Runtime.CompilerServices;
using ILGPU;

namespace AttentionKernels.Tests.Launching;

/// <summary>What a tile does, as host code: the managed CPU runs that as well, so a tile can see threads.</summary>
public readonly record struct TileAction(Action<long, ArrayView<float>> Run);

/// <summary>Runs the action for each tile.</summary>
public readonly struct RunTileAction : ITileKernel<TileAction>
{
    // Its name is to be found in stack traces, however often it has run.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static void Run(TileAction arguments, long tile, ArrayView<float> scratch) => arguments.Run(tile, scratch);
}
