using AttentionKernels.Drivers;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Streams;

/// <summary>
/// How far a stream has come: the library numbers what it queues (tickets, from 1), and knows up to which number all is over.
/// </summary>
/// <remarks>Thread-safe. On the managed CPU work is over when it is queued, since the call that queues it computes.</remarks>
internal sealed class StreamProgress(AcceleratorStream stream)
{
    // Drivers call back on threads of theirs, each in its own way; asking again costs less than it gains.
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(1);

    private readonly AcceleratorStream _stream = stream;

    // A disposed stream may still compute, and may be disposed while others wait for it: they wait for OpenCL's queue, which is kept.
    private readonly RetainedQueue? _queue = stream is CLStream queue ? new RetainedQueue(queue.CommandQueue) : null;
    private long _queued;
    private long _over;

    /// <summary>Whether work is queued and done in order, and not, as on the managed CPU, by the call itself.</summary>
    public bool IsQueue { get; } = stream.AcceleratorType != AcceleratorType.CPU;

    /// <summary>The ticket of work that was queued just now.</summary>
    public long Queued()
    {
        long ticket = Interlocked.Increment(ref _queued);
        if (!IsQueue)
            Volatile.Write(ref _over, ticket);
        return ticket;
    }

    /// <summary>Whether the work of a ticket is known to be over.</summary>
    public bool IsOver(long ticket) => ticket <= Volatile.Read(ref _over);

    /// <summary>Waits, on the host, for the work of a ticket, and not for what other threads go on queueing behind it.</summary>
    /// <exception cref="DeviceFailedException">The driver reports a failure.</exception>
    public void Wait(long ticket)
    {
        if (!IsOver(ticket))
            Wait(toMarker: true);
    }

    /// <summary>Waits, without a thread, for the work of a ticket.</summary>
    /// <inheritdoc cref="Wait(long)" path="/exception"/>
    public Task WaitAsync(long ticket) => IsOver(ticket) ? Task.CompletedTask
        : _queue is null && _stream.IsDisposed ? Task.Run(Wait)
        : WaitAsync(CancellationToken.None);

    /// <summary>Waits, on the host, for all that the stream has to do.</summary>
    /// <exception cref="DeviceFailedException">The driver reports a failure.</exception>
    public void Wait() => Wait(toMarker: false);

    /// <summary>Waits, without a thread, for all that the stream was given before the call.</summary>
    /// <exception cref="DeviceFailedException">The driver reports a failure.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long queued = Volatile.Read(ref _queued);
        try
        {
            using var marker = new StreamMarker(_stream, _queue);
            while (!marker.IsReached())
                await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed("The wait for a stream", exception);
        }

        NoteOver(queued);
    }

    private void Wait(bool toMarker)
    {
        long queued = Volatile.Read(ref _queued);
        try
        {
            if (_queue is not null && toMarker)
            {
                using var marker = new StreamMarker(_stream, _queue);
                marker.Wait();
            }
            else if (_queue is not null)
            {
                _queue.Finish();
            }
            else if (!_stream.IsDisposed)
            {
                _stream.Synchronize();
            }
            else if (!_stream.Accelerator.IsDisposed)
            {
                _stream.Accelerator.Synchronize();
            }
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed("The wait for a stream", exception);
        }

        NoteOver(queued);
    }

    private void NoteOver(long ticket)
    {
        for (long over = Volatile.Read(ref _over); over < ticket; over = Volatile.Read(ref _over))
        {
            if (Interlocked.CompareExchange(ref _over, ticket, over) == over)
                return;
        }
    }
}
