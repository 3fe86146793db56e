using AttentionKernels.Rooflines;
using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>
/// The same work in every run, of the processor and of memory, which is timed in turn with the rows of a group: where it takes longer than
/// it did in another run, it is the machine that is slower.
/// </summary>
internal sealed class Yardstick : IDisposable
{
    /// <summary>A millisecond or two of each.</summary>
    private const int FmaSteps = 300_000, Megabytes = 96;

    private readonly AlignedBuffer _buffer;
    private readonly long _length;

    /// <summary>Allocates what is read, which is more than the cache holds.</summary>
    public Yardstick()
    {
        _length = Math.Max(2 * LastLevelCache.Bytes, (long)Megabytes << 20) / sizeof(float) / VectorLoops.Step * VectorLoops.Step;
        _buffer = new AlignedBuffer(_length);
    }

    /// <summary>Does the work, by all threads.</summary>
    public unsafe void Run()
    {
        int threads = Environment.ProcessorCount;
        long steps = _length / VectorLoops.Step;
        Parallel.For(0, threads, thread =>
        {
            FmaLoop.Run(FmaSteps);
            long first = steps * thread / threads * VectorLoops.Step, end = steps * (thread + 1) / threads * VectorLoops.Step;
            VectorLoops.Read(_buffer.Start + first, _buffer.Start, end - first);
        });
    }

    /// <summary>Frees what is read.</summary>
    public void Dispose() => _buffer.Dispose();
}
