namespace AttentionKernels.Streams;

/// <summary>Keeps workers off the processor of the thread that launches.</summary>
/// <remarks>
/// <para>Linux may wake a thread on the processor of the one that wakes it. There a worker waits for its time slice while the caller does
/// tile after tile and the other processors stay idle, for milliseconds: on a virtual machine with two (Linux 6.18), a third of all
/// launches took twice as long.</para>
/// <para>So before sleepers are woken, workers are allowed all processors of the process, which are those of its main thread, but the one
/// that the caller is on at that moment. Nothing is done where a worker has been placed by somebody else, where the process has fewer
/// processors than workers, where a sandbox forbids it, on other systems, and where there are more than a few workers: one that waits
/// is then a small part of all, and to place them would take longer. Threads and processes that a tile starts inherit the choice.</para>
/// <para>A worker enters by itself; <see cref="AvoidCaller"/> is for one thread at a time.</para>
/// </remarks>
internal sealed class WorkerPlacement(int workers)
{
    /// <summary>Two system calls for each take less time than waking it does.</summary>
    public const int MostWorkers = 16;

    private const int NoProcessor = -1;

    // Null where a worker has not started.
    private readonly PlacedThread?[] _threads = new PlacedThread?[workers];
    private int _avoided = NoProcessor;

    /// <summary>Says that the calling thread is a worker.</summary>
    public void Enter(int worker)
    {
        if (!ThreadAffinity.IsPresent || workers > MostWorkers)
            return;
        ThreadAffinity.Prepare();
        Volatile.Write(ref _threads[worker], new PlacedThread());
        Volatile.Write(ref _avoided, NoProcessor);
    }

    /// <summary>Allows the workers all processors but the caller's.</summary>
    public void AvoidCaller()
    {
        if (!ThreadAffinity.IsPresent || workers > MostWorkers)
            return;
        int processor = ThreadAffinity.CurrentProcessor();
        if (processor == Volatile.Read(ref _avoided))
            return;
        Volatile.Write(ref _avoided, processor);
        Span<ulong> all = stackalloc ulong[ThreadAffinity.Words];
        if (!ThreadAffinity.TryRead(Environment.ProcessId, all) || ThreadAffinity.Count(all) < workers)
            return;
        Span<ulong> others = stackalloc ulong[ThreadAffinity.Words];
        all.CopyTo(others);
        ThreadAffinity.Remove(others, processor);
        for (int worker = 0; worker < workers; worker++)
            Volatile.Read(ref _threads[worker])?.Place(others, all);
    }
}
