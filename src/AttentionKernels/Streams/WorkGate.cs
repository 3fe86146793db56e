namespace AttentionKernels.Streams;

/// <summary>The lock of a <see cref="WorkOrder"/>, in which calls also wait for others to let go of what they need.</summary>
internal sealed class WorkGate
{
    private readonly object _monitor = new();
    private int _waiters;

    /// <summary>Enters; disposing the scope leaves.</summary>
    public Scope Enter()
    {
        Monitor.Enter(_monitor);
        return new Scope(_monitor);
    }

    /// <summary>Enters to let go of something: a thread that is interrupted while it waits for the lock stays so, and gets the
    /// lock.</summary>
    public Scope EnterToLetGo()
    {
        bool isInterrupted = false;
        while (!TryEnter())
            isInterrupted = true;
        if (isInterrupted)
            Thread.CurrentThread.Interrupt();
        return new Scope(_monitor);
    }

    /// <summary>Inside, leaves until something is let go.</summary>
    public void Wait()
    {
        _waiters++;
        try
        {
            Monitor.Wait(_monitor);
        }
        finally
        {
            _waiters--;
        }
    }

    /// <summary>Inside, after something is let go, lets everybody who waits look again.</summary>
    public void WakeAll()
    {
        if (_waiters > 0)
            Monitor.PulseAll(_monitor);
    }

    private bool TryEnter()
    {
        try
        {
            Monitor.Enter(_monitor);
            return true;
        }
        catch (ThreadInterruptedException)
        {
            return false;
        }
    }

    /// <summary>The time inside.</summary>
    internal readonly ref struct Scope(object monitor)
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => Monitor.Exit(monitor);
    }
}
