namespace AttentionKernels.Tensors;

/// <summary>Tells the garbage collector of memory that it does not see, so that owners which nobody disposes are found in time.</summary>
internal sealed class MemoryPressure : IDisposable
{
    private long _bytes;

    /// <summary>Adds the bytes, which are at least 1.</summary>
    public MemoryPressure(long bytes)
    {
        GC.AddMemoryPressure(bytes);
        _bytes = bytes;
    }

    /// <summary>The owner has gone without disposing, and its memory with it.</summary>
    ~MemoryPressure() => Remove();

    /// <summary>Takes the bytes away.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Remove();
    }

    private void Remove()
    {
        long bytes = Interlocked.Exchange(ref _bytes, 0);
        if (bytes > 0)
            GC.RemoveMemoryPressure(bytes);
    }
}
