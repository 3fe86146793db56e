namespace AttentionKernels.Streams;

/// <summary>Keeps workers off the processor of the thread that launches.</summary>
/// <remarks>
/// <para>Linux often wakes a thread on the processor of the one that wakes it. There a worker waits for its time slice while the caller
/// does tile after tile and the other processors stay idle, for milliseconds: with two, a third of all launches took twice as long.</para>
/// <para>So workers that sleep are allowed all processors but the caller's before they are woken. Where somebody else has placed a worker
/// meanwhile, where a sandbox forbids it and on other systems, they stay as they are.</para>
/// <para>A worker enters by itself; <see cref="AvoidCaller"/> is for one thread at a time.</para>
/// </remarks>
internal sealed class WorkerPlacement(int workers)
{
    private const int NoProcessor = -1;

    // Null where a worker has not started, or is left alone.
    private readonly PlacedThread?[] _threads = new PlacedThread?[workers];
    private int _avoided = NoProcessor;

    /// <summary>Says that the calling thread is a worker.</summary>
    public void Enter(int worker)
    {
        if (!ThreadAffinity.IsPresent)
            return;
        Volatile.Write(ref _threads[worker], new PlacedThread());
        Volatile.Write(ref _avoided, NoProcessor);
    }

    /// <summary>Allows the workers all processors but the caller's.</summary>
    public void AvoidCaller()
    {
        if (!ThreadAffinity.IsPresent)
            return;
        int processor = ThreadAffinity.CurrentProcessor();
        if (processor == Volatile.Read(ref _avoided))
            return;
        Volatile.Write(ref _avoided, processor);
        for (int worker = 0; worker < _threads.Length; worker++)
        {
            if (Volatile.Read(ref _threads[worker]) is { } thread && !thread.TryAvoid(processor))
                _threads[worker] = null;
        }
    }
}
