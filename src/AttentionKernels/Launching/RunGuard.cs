namespace AttentionKernels.Launching;

/// <summary>Lets one thread at a time run what has memory for one run, and lets it be disposed only in between.</summary>
/// <param name="name">What it guards, for messages.</param>
internal sealed class RunGuard(string name)
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Closed = 2;

    private int _state;

    /// <summary>Whether it was disposed.</summary>
    public bool IsClosed => Volatile.Read(ref _state) == Closed;

    /// <summary>Begins a run; disposing the scope ends it.</summary>
    /// <exception cref="InvalidOperationException">Another thread runs it.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Scope Enter()
    {
        switch (Interlocked.CompareExchange(ref _state, Running, Idle))
        {
            case Running:
                throw new InvalidOperationException(
                    $"The {name} is run by another thread at this moment. It has one workspace: " +
                    "threads that compute at once have one each.");
            case Closed:
                throw new ObjectDisposedException(name, $"The {name} is disposed.");
            default:
                return new Scope(this);
        }
    }

    /// <summary>Waits for a run, and lets no other begin.</summary>
    /// <returns>Whether this was the first call.</returns>
    public bool Close()
    {
        var wait = default(SpinWait);
        int state;
        while ((state = Interlocked.CompareExchange(ref _state, Closed, Idle)) == Running)
            wait.SpinOnce();
        return state == Idle;
    }

    /// <summary>A run.</summary>
    internal readonly ref struct Scope(RunGuard guard)
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => Volatile.Write(ref guard._state, Idle);
    }
}
