using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace AttentionKernels.Streams;

/// <summary>Who uses a buffer: calls that are under way, and the work on streams that last wrote and read it.</summary>
/// <remarks>Everything but <see cref="Of"/> is called under the gate of the accelerator's <see cref="WorkOrder"/>.</remarks>
internal sealed class MemoryUse
{
    private static readonly ConditionalWeakTable<MemoryBuffer, MemoryUse> _uses = [];

    // Readers behind one write that nobody is known to have waited for; past them a reader waits for the others, so that they do not add up
    // where each call has a stream of its own.
    private const int MostReads = 64;

    private StreamUse _write;

    // At most one of each stream, each behind the last write.
    private StreamUse[] _reads = [];
    private int _readCount;

    // Those of the holders that write, and the stream of all holders: null where they are of several, or have not queued anything for a
    // while.
    private int _writers;
    private StreamProgress? _heldBy;

    /// <summary>Calls that are about to queue work on the buffer, or compute with it on the managed CPU.</summary>
    public int Holders { get; private set; }

    /// <summary>Calls that wait for holders to let go: those that come after them wait behind them.</summary>
    public int Waiting { get; set; }

    /// <summary>Whether the buffer is being freed: no call may begin to use it.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The uses of a buffer, which last as long as the buffer.</summary>
    public static MemoryUse Of(MemoryBuffer buffer) => _uses.GetValue(buffer, static _ => new MemoryUse());

    /// <summary>Whether a call has to wait for holders to let go, so that its work has a place before or behind theirs.</summary>
    public bool Conflicts(StreamProgress stream, bool writes) =>
        Holders > 0 && (writes || _writers > 0) && !(stream.IsQueue && _heldBy == stream);

    /// <summary>A call takes hold of the buffer.</summary>
    /// <param name="stream">Where it queues its work.</param>
    /// <param name="writes">Whether that writes the buffer.</param>
    /// <param name="isPending">Whether it queues it later, so that the stream gives no order.</param>
    public void Hold(StreamProgress stream, bool writes, bool isPending)
    {
        _heldBy = isPending || (Holders > 0 && _heldBy != stream) ? null : stream;
        Holders++;
        _writers += writes ? 1 : 0;
    }

    /// <summary>A call lets go.</summary>
    public void Release(bool writes)
    {
        Holders--;
        _writers -= writes ? 1 : 0;
    }

    /// <summary>
    /// Lists the work on streams other than the given one that must be over before the buffer is written, or read: a reader waits for the
    /// last writer, a writer for the readers too, and so does one reader of many.
    /// </summary>
    public void ListEarlier(StreamProgress? stream, bool writes, List<StreamUse> earlier)
    {
        if (_write.Stream != stream && !_write.IsOver)
            earlier.Add(_write);
        if (!writes && _readCount < MostReads)
            return;
        foreach (StreamUse read in _reads.AsSpan(0, _readCount))
        {
            if (read.Stream != stream && !read.IsOver)
                earlier.Add(read);
        }
    }

    /// <summary>Takes note of work that was queued.</summary>
    public void Add(StreamUse use, bool writes)
    {
        if (writes)
        {
            _write = use;
            return;
        }

        int kept = 0;
        foreach (StreamUse read in _reads.AsSpan(0, _readCount))
        {
            if (read.Stream != use.Stream && !read.IsOver)
                _reads[kept++] = read;
        }

        if (kept == _reads.Length)
            Array.Resize(ref _reads, kept + 1);
        _reads[kept++] = use;
        Array.Clear(_reads, kept, _reads.Length - kept);
        _readCount = kept;
    }
}

/// <summary>Work on a stream.</summary>
/// <param name="Stream">The stream; the default value is no work.</param>
/// <param name="Ticket">The work's number.</param>
internal readonly record struct StreamUse(StreamProgress? Stream, long Ticket)
{
    /// <summary>Whether it is known to be over.</summary>
    public bool IsOver => Stream is null || Stream.IsOver(Ticket);

    /// <summary>Waits for it on the host.</summary>
    public void Wait() => Stream?.Wait(Ticket);

    /// <summary>Waits for it without a thread.</summary>
    public Task WaitAsync() => Stream?.WaitAsync(Ticket) ?? Task.CompletedTask;
}
