using System.Runtime.ExceptionServices;
using ILGPU;

namespace AttentionKernels.Launching;

/// <summary>
/// Runs tile kernels on the managed CPU: a few workers on the thread pool take tiles from a common counter until none is left.
/// </summary>
/// <remarks>
/// A tile costs one interlocked addition, so short tiles are handed out in runs; heavy and light tiles even out because no
/// worker has a share of its own. The call returns when the last tile is done, as a launch on ILGPU's CPU accelerator does.
/// </remarks>
internal static class TileScheduler
{
    /// <summary>Runs all tiles; the first exception of a tile is rethrown when every worker has stopped.</summary>
    public static void Run<TKernel, TArguments>(TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength, int workers)
        where TKernel : struct, ITileKernel<TArguments>
        where TArguments : struct
    {
        int used = (int)Math.Min(workers, tiles);
        if (used == 1)
        {
            for (long tile = 0; tile < tiles; tile++)
                TKernel.Run(arguments, tile, scratch.SubView(0, scratchLength));
            return;
        }

        long run = Math.Clamp(tiles / (used * 16L), 1, 1024);
        long next = 0;
        try
        {
            Parallel.For(0, used, new ParallelOptions { MaxDegreeOfParallelism = used }, worker =>
            {
                ArrayView<float> own = scratch.SubView(worker * (long)scratchLength, scratchLength);
                for (long first; (first = Interlocked.Add(ref next, run) - run) < tiles;)
                {
                    long end = Math.Min(first + run, tiles);
                    for (long tile = first; tile < end; tile++)
                        TKernel.Run(arguments, tile, own);
                }
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.Flatten().InnerExceptions[0]);
        }
    }
}
