using AttentionKernels.Rooflines;

namespace AttentionKernels.Peers.Rooflines;

/// <summary>A loop over buffers as large as an operation's, by all threads.</summary>
internal sealed class MemoryRun : PreparedRun
{
    private readonly VectorLoop _loop;
    private readonly int _threads;
    private readonly long _length;
    private readonly AlignedBuffer[] _sources;
    private readonly AlignedBuffer[]? _targets;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="bytes">How many bytes it moves.</param>
    /// <param name="writes">Whether it writes them, too.</param>
    /// <param name="copies">How many buffers take turns.</param>
    /// <param name="threads">The threads.</param>
    public MemoryRun(VectorLoop loop, long bytes, bool writes, int copies, int threads)
    {
        (_loop, _threads) = (loop, threads);
        _length = bytes / sizeof(float) / VectorLoops.Step * VectorLoops.Step;
        _sources = Allocate(copies);
        _targets = writes ? Allocate(copies) : null;
    }

    /// <inheritdoc/>
    public override unsafe void Run(int copy)
    {
        float* source = _sources[copy].Start, target = _targets is null ? null : _targets[copy].Start;
        long steps = _length / VectorLoops.Step;
        Parallel.For(0, _threads, thread =>
        {
            long first = steps * thread / _threads * VectorLoops.Step, end = steps * (thread + 1) / _threads * VectorLoops.Step;
            _loop(source + first, target + first, end - first);
        });
    }

    private AlignedBuffer[] Allocate(int copies) => [.. Enumerable.Range(0, copies).Select(_ => Own(new AlignedBuffer(_length)))];
}
