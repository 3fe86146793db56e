using AttentionKernels.Streams;
using ILGPU;

namespace AttentionKernels;

/// <content>The managed CPU's launches.</content>
public sealed partial class TileKernel<TKernel, TArguments>
{
    /// <summary>The tiles of one kernel, filled in anew for every launch.</summary>
    private sealed class Job(TileScheduler scheduler) : TileJob
    {
        // A run of tiles costs one interlocked addition. Short tiles come in long runs, and a few heavy ones still even out.
        private const long LongestRun = 4096;

        private TArguments _arguments;
        private ArrayView<float> _scratch;
        private int _scratchLength;
        private long _tiles;
        private long _run;
        private long _next;

        /// <summary>Runs the kernel for all tiles and returns when they are done.</summary>
        public void Run(in TArguments arguments, long tiles, ArrayView<float> scratch, int scratchLength)
        {
            using (scheduler.Enter())
            {
                _arguments = arguments;
                _scratch = scratch;
                _scratchLength = scratchLength;
                _tiles = tiles;
                _run = Math.Clamp(tiles / (scheduler.Workers * RunsPerWorker), 1, LongestRun);
                _next = 0;
                try
                {
                    scheduler.Run(this, alone: tiles == 1 || scheduler.Workers == 1);
                }
                finally
                {
                    // What a launch has used is not to be kept alive by the kernel.
                    _arguments = default;
                    _scratch = default;
                }
            }
        }

        public override void Work(int worker)
        {
            ArrayView<float> own = _scratch.SubView(worker * (long)_scratchLength, _scratchLength);
            long tiles = _tiles;
            long run = _run;
            for (long first; (first = Interlocked.Add(ref _next, run) - run) < tiles;)
            {
                long end = Math.Min(first + run, tiles);
                for (long tile = first; tile < end; tile++)
                    TKernel.Run(_arguments, tile, own);
            }
        }

        public override void Stop() => Interlocked.Exchange(ref _next, _tiles);
    }
}
