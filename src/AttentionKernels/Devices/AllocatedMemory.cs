namespace AttentionKernels.Devices;

/// <summary>Counts the bytes of a device's tensors: how many there are, and how many there were at most.</summary>
internal sealed class AllocatedMemory
{
    private long _bytes;
    private long _peak;

    /// <summary>The bytes that are allocated.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The most that were since <see cref="ResetPeak"/>.</summary>
    public long Peak => Volatile.Read(ref _peak);

    /// <summary>Adds bytes, or takes them away.</summary>
    public void Add(long bytes)
    {
        long now = Interlocked.Add(ref _bytes, bytes);
        long peak = Volatile.Read(ref _peak);
        while (now > peak)
        {
            long seen = Interlocked.CompareExchange(ref _peak, now, peak);
            if (seen == peak)
                return;
            peak = seen;
        }
    }

    /// <summary>Forgets what was before.</summary>
    public void ResetPeak()
    {
        Volatile.Write(ref _peak, Bytes);

        // What another thread has added in between.
        Add(0);
    }
}
