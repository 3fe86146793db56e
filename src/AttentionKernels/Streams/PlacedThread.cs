using System.Runtime.Versioning;

namespace AttentionKernels.Streams;

/// <summary>A thread whose processors are chosen here, until somebody else chooses them.</summary>
[SupportedOSPlatform("linux")]
internal sealed class PlacedThread
{
    private readonly int _thread = ThreadAffinity.CurrentThread();
    private readonly ulong[] _initial = new ulong[ThreadAffinity.Words];
    private readonly ulong[] _chosen = new ulong[ThreadAffinity.Words];

    /// <summary>Made by the thread itself. A sandbox that lets nobody choose is noticed here, and not in a launch.</summary>
    public PlacedThread()
    {
        if (ThreadAffinity.TryRead(_thread, _initial) && ThreadAffinity.TryWrite(_thread, _initial))
            _initial.CopyTo(_chosen, 0);
    }

    /// <summary>Allows the thread what it was allowed at first but for one processor, unless no other is left.</summary>
    /// <returns>Whether the thread is still ours: alive, and allowed what was chosen last.</returns>
    public bool TryAvoid(int processor)
    {
        Span<ulong> processors = stackalloc ulong[ThreadAffinity.Words];
        if (!ThreadAffinity.TryRead(_thread, processors) || !processors.SequenceEqual(_chosen))
            return false;
        _initial.CopyTo(processors);
        ThreadAffinity.Remove(processors, processor);
        if (!processors.ContainsAnyExcept(0UL))
            return true;
        processors.CopyTo(_chosen);
        return ThreadAffinity.TryWrite(_thread, processors);
    }
}
