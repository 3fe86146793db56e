using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace AttentionKernels.Launching;

/// <summary>Who uses a buffer: calls that are under way, and the work on streams that last wrote and read it.</summary>
/// <remarks>Everything but <see cref="Of"/> is called under the gate of the accelerator's <see cref="WorkOrder"/>.</remarks>
internal sealed class MemoryUse
{
    private static readonly ConditionalWeakTable<MemoryBuffer, MemoryUse> _uses = [];

    private StreamUse _write;

    // At most one of each stream, each behind the last write.
    private StreamUse[] _reads = [];
    private int _readCount;

    /// <summary>Calls that are about to queue work on the buffer, or compute with it on the managed CPU.</summary>
    public int Holders { get; set; }

    /// <summary>Whether the buffer is being freed: no call may begin to use it.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The uses of a buffer, which last as long as the buffer.</summary>
    public static MemoryUse Of(MemoryBuffer buffer) => _uses.GetValue(buffer, static _ => new MemoryUse());

    /// <summary>
    /// Lists the work on streams other than the given one that must be over before the buffer is written, or read: a reader waits for the last
    /// writer, a writer for the readers too.
    /// </summary>
    public void ListEarlier(StreamProgress? stream, bool writes, List<StreamUse> earlier)
    {
        if (_write.Stream != stream && !_write.IsOver)
            earlier.Add(_write);
        if (!writes)
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
}
