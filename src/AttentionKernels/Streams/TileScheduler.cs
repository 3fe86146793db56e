using System.Runtime.ExceptionServices;

namespace AttentionKernels.Streams;

/// <summary>
/// Runs tile kernels on the managed CPU: the caller and one thread for each further processor take tiles from a common counter until
/// none is left.
/// </summary>
/// <remarks>
/// <para>A launch publishes a job, wakes whoever sleeps, works, and closes the job when no tile is left; it returns when the workers that
/// came in time are done. One that wakes up too late finds the job closed, so nobody waits for it. After a job workers look for the
/// next one for a moment before they sleep: launches that follow each other cost no wake-up. Those that sleep are woken where the caller is
/// not (<see cref="WorkerPlacement"/>). Nothing is allocated.</para>
/// <para>One a device: launches of several threads on a device wait for each other, those on several devices do not. The threads start with
/// the first launch that has work for them, and end when this is disposed; launches from then on are the caller's alone.</para>
/// </remarks>
internal sealed class TileScheduler : IDisposable
{
    // Some ten microseconds: longer than a pause between two launches of a plan, shorter than anybody's time slice.
    private const int SpinsBeforeSleep = 400;

    private readonly Lock _launching = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly WorkerPlacement _placement = new(Environment.ProcessorCount);

    // Empty until they start.
    private Thread[] _threads = [];
    private bool _isDisposed;

    // The job that is open to workers, and how many of them may be looking at it.
    private TileJob? _open;
    private int _visitors;
    private int _sleepers;
    private int _launches;
    private ExceptionDispatchInfo? _failure;

    [ThreadStatic]
    private static bool _isInsideTile;

    /// <summary>Workers, the caller among them: <see cref="TileJob.Work"/> sees the numbers 0 to <see cref="Workers"/> − 1.</summary>
    public int Workers { get; } = Environment.ProcessorCount;

    /// <summary>Holds off other launches, so that a job can be filled in and run.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile, whose own launch would wait for it for ever.</exception>
    public Lock.Scope Enter()
    {
        ThrowIfInsideTile();
        return _launching.EnterScope();
    }

    /// <summary>Refuses a tile of a running kernel what would wait for that kernel.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile.</exception>
    public static void ThrowIfInsideTile()
    {
        if (_isInsideTile)
        {
            throw new InvalidOperationException(
                "A tile of a running kernel cannot launch a kernel, nor dispose what kernels use: it would wait for itself.");
        }
    }

    /// <summary>Runs a job; the first exception of a tile is rethrown when every worker has stopped. The caller is inside
    /// <see cref="Enter"/>.</summary>
    public void Run(TileJob job, bool alone)
    {
        alone |= _isDisposed;
        if (!alone)
            Publish(job);
        Work(job, 0);
        if (!alone)
        {
            Interlocked.Exchange(ref _open, null);
            var wait = default(SpinWait);
            while (Volatile.Read(ref _visitors) > 0)
                wait.SpinOnce(sleep1Threshold: -1);
        }

        Interlocked.Exchange(ref _failure, null)?.Throw();
    }

    /// <summary>Waits for a launch that is under way, and ends the threads.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile.</exception>
    public void Dispose()
    {
        using (Enter())
        {
            if (_isDisposed)
                return;
            Volatile.Write(ref _isDisposed, true);
            Wake();
        }

        foreach (Thread thread in _threads)
            thread.Join();
        _wake.Dispose();
    }

    private void Publish(TileJob job)
    {
        if (_threads.Length == 0)
            _threads = [.. Enumerable.Range(1, Workers - 1).Select(Start)];
        Volatile.Write(ref _open, job);
        Wake();
    }

    private void Wake()
    {
        Interlocked.Increment(ref _launches);
        int asleep = Interlocked.Exchange(ref _sleepers, 0);
        if (asleep == 0)
            return;
        _placement.AvoidCaller();
        _wake.Release(asleep);
    }

    private Thread Start(int worker)
    {
        var thread = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"AttentionKernels worker {worker}" };
        thread.Start();
        return thread;
    }

    private void Loop(int worker)
    {
        _placement.Enter(worker);
        int seen = 0;
        for (Await(ref seen); !Volatile.Read(ref _isDisposed); Await(ref seen))
        {
            Interlocked.Increment(ref _visitors);
            if (Volatile.Read(ref _open) is { } job)
                Work(job, worker);
            Interlocked.Decrement(ref _visitors);
        }
    }

    private void Await(ref int seen)
    {
        for (int spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            if (Volatile.Read(ref _launches) != seen)
            {
                seen = Volatile.Read(ref _launches);
                return;
            }

            Thread.SpinWait(8);
        }

        Interlocked.Increment(ref _sleepers);
        if (Volatile.Read(ref _launches) == seen)
            _wake.Wait();
        else
            Leave();
        seen = Volatile.Read(ref _launches);
    }

    // Takes back the announcement of sleep, unless a launch has released the sleeper already.
    private void Leave()
    {
        for (int sleepers = Volatile.Read(ref _sleepers); sleepers > 0; sleepers = Volatile.Read(ref _sleepers))
        {
            if (Interlocked.CompareExchange(ref _sleepers, sleepers - 1, sleepers) == sleepers)
                return;
        }

        _wake.Wait();
    }

    private void Work(TileJob job, int worker)
    {
        _isInsideTile = true;
        try
        {
            job.Work(worker);
        }
        catch (Exception exception)
        {
            job.Stop();
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
        finally
        {
            _isInsideTile = false;
        }
    }
}
