using AttentionKernels.Devices;

namespace AttentionKernels.Tensors;

/// <summary>Tells the garbage collector of memory that it does not see, so that owners which nobody disposes are found in time.</summary>
internal sealed class MemoryPressure : IDisposable
{
    private readonly AllocatedMemory _memory;
    private long _bytes;

    /// <summary>Adds the bytes, which are at least 1, to those of a device.</summary>
    public MemoryPressure(AllocatedMemory memory, long bytes)
    {
        GC.AddMemoryPressure(bytes);
        memory.Add(bytes);
        _memory = memory;
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
        if (bytes == 0)
            return;
        GC.RemoveMemoryPressure(bytes);
        _memory.Add(-bytes);
    }
}
