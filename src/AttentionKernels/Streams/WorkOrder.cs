using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace AttentionKernels.Streams;

/// <summary>
/// Orders the work on an accelerator: each launch and copy names the buffers it reads and writes, and what another stream may still do to
/// them is over before it is queued. One for an accelerator, however many devices are attached to it.
/// </summary>
/// <remarks>
/// <para>Of each buffer the last writing and reading work is known (<see cref="MemoryUse"/>). Within a stream the driver keeps the order,
/// so one stream never waits on the host; between streams the host waits, and only for memory that both use. Calls that begin at the same
/// moment on several threads queue their work one after the other where one of them writes what both use.</para>
/// <para>Memory that is freed is closed first: calls that hold it are awaited, then the streams that use it. Thread-safe.</para>
/// </remarks>
internal sealed class WorkOrder
{
    private static readonly ConditionalWeakTable<Accelerator, WorkOrder> _orders = [];

    private readonly WorkGate _gate = new();
    private readonly StreamTable _streams = new();
    private readonly Stack<StreamWork> _pool = [];
    private int _active;
    private bool _isClosed;

    /// <summary>Held while a driver is called to queue work: OpenCL's kernels have one set of arguments for all threads.</summary>
    public Lock Queueing { get; } = new();

    /// <summary>The order of an accelerator's work.</summary>
    public static WorkOrder Of(Accelerator accelerator) => _orders.GetValue(accelerator, static _ => new WorkOrder());

    /// <summary>How far a stream has come.</summary>
    public StreamProgress Of(AcceleratorStream stream) => _streams.Of(stream);

    /// <summary>Begins work on a stream: what it reads and writes is named next, then it is started, queued, and disposed.</summary>
    public StreamWork Begin(AcceleratorStream stream)
    {
        StreamProgress progress = Of(stream);
        using (_gate.Enter())
        {
            StreamWork work = Take();
            work.Stream = progress;
            return work;
        }
    }

    /// <summary>Keeps the accelerator open while something is compiled or allocated for it.</summary>
    /// <exception cref="ObjectDisposedException">The accelerator is being disposed.</exception>
    public Hold KeepOpen()
    {
        using (_gate.Enter())
        {
            ThrowIfClosed();
            _active++;
        }

        return new Hold(this);
    }

    /// <summary>Waits for all work on a buffer, so that the host may use its memory.</summary>
    public void Await(MemoryBuffer buffer) => Await(MemoryUse.Of(buffer), closes: false);

    /// <summary>Lets no more work begin on a buffer, and waits for what is under way, so that it can be freed.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Close(MemoryBuffer buffer) => Await(MemoryUse.Of(buffer), closes: true);

    /// <summary>Frees a buffer once nothing is under way with it.</summary>
    /// <inheritdoc cref="Close" path="/exception"/>
    public void Free(MemoryBuffer buffer)
    {
        Close(buffer);
        buffer.Dispose();
    }

    /// <summary>Waits for all work of the accelerator.</summary>
    /// <param name="closes">Whether no more work may begin, because the accelerator is about to be disposed.</param>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Drain(bool closes)
    {
        TileScheduler.ThrowIfInsideTile();
        using (_gate.Enter())
        {
            _isClosed |= closes;
            while (_active > 0)
                _gate.Wait();
        }

        _streams.Wait();
    }

    /// <summary>Takes hold of the buffers of work, and waits for what other streams and threads may still do to them.</summary>
    internal void Start(StreamWork work)
    {
        using (_gate.Enter())
        {
            if (!TryHold(work, isPending: false, isFirst: false))
                AwaitTurn(work);
        }

        work.AwaitEarlier();
    }

    /// <summary>As <see cref="Start"/>, without a thread that waits.</summary>
    internal async Task StartAsync(StreamWork work)
    {
        if (!TryStart(work, isFirst: false))
            await StartInTurnAsync(work).ConfigureAwait(false);
        foreach (StreamUse earlier in work.Earlier)
            await earlier.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Takes note of work that was queued, and lets go of its buffers.</summary>
    internal void End(StreamWork work)
    {
        using (_gate.EnterToLetGo())
        {
            if (work.IsStarted)
            {
                var queued = new StreamUse(work.Stream, work.Stream!.Queued());
                foreach ((MemoryUse use, bool writes) in work.Uses)
                {
                    use.Release(writes);
                    use.Add(queued, writes);
                }

                NoteEnd();
            }

            work.Reset();
            _pool.Push(work);
        }
    }

    private void Await(MemoryUse use, bool closes)
    {
        TileScheduler.ThrowIfInsideTile();
        StreamWork work;
        using (_gate.Enter())
        {
            use.IsClosed |= closes;
            while (use.Holders > 0)
                _gate.Wait();
            work = Take();
            use.ListEarlier(null, writes: true, work.Earlier);
        }

        try
        {
            work.AwaitEarlier();
        }
        finally
        {
            End(work);
        }
    }

    private bool TryStart(StreamWork work, bool isFirst)
    {
        using (_gate.Enter())
            return TryHold(work, isPending: true, isFirst);
    }

    private async Task StartInTurnAsync(StreamWork work)
    {
        using (_gate.Enter())
            BeginWaiting(work);
        try
        {
            do
            {
                await Task.Delay(StreamProgress.PollInterval).ConfigureAwait(false);
            }
            while (!TryStart(work, isFirst: true));
        }
        finally
        {
            using (_gate.EnterToLetGo())
                EndWaiting(work);
        }
    }

    // Under the gate.
    private void AwaitTurn(StreamWork work)
    {
        BeginWaiting(work);
        try
        {
            do
            {
                _gate.Wait();
            }
            while (!TryHold(work, isPending: false, isFirst: true));
        }
        finally
        {
            EndWaiting(work);
        }
    }

    // Under the gate. Who waits goes before those that come later: a thread that queues work without end would let nobody in.
    private static void BeginWaiting(StreamWork work)
    {
        foreach ((MemoryUse use, _) in work.Uses)
            use.Waiting++;
    }

    // Under the gate.
    private void EndWaiting(StreamWork work)
    {
        foreach ((MemoryUse use, _) in work.Uses)
            use.Waiting--;
        _gate.WakeAll();
    }

    // Under the gate. All buffers or none, so that no two calls wait for each other.
    private bool TryHold(StreamWork work, bool isPending, bool isFirst)
    {
        ThrowIfClosed();
        bool isFree = true;
        foreach ((MemoryUse use, bool writes) in work.Uses)
        {
            if (use.IsClosed)
                throw new ObjectDisposedException("memory", "Memory that the work uses is disposed.");
            isFree &= (isFirst || use.Waiting == 0) && !use.Conflicts(work.Stream!, writes);
        }

        if (!isFree)
            return false;
        foreach ((MemoryUse use, bool writes) in work.Uses)
        {
            use.Hold(work.Stream!, writes, isPending);
            use.ListEarlier(work.Stream, writes, work.Earlier);
        }

        _active++;
        work.IsStarted = true;
        return true;
    }

    // Under the gate.
    private void NoteEnd()
    {
        _active--;
        _gate.WakeAll();
    }

    private StreamWork Take() => _pool.Count > 0 ? _pool.Pop() : new StreamWork(this);

    private void ThrowIfClosed()
    {
        if (_isClosed)
            throw new ObjectDisposedException(nameof(Accelerator), "The device is disposed.");
    }

    /// <summary>Ends what <see cref="KeepOpen"/> begins.</summary>
    internal readonly struct Hold(WorkOrder order) : IDisposable
    {
        public void Dispose()
        {
            using (order._gate.EnterToLetGo())
                order.NoteEnd();
        }
    }
}
