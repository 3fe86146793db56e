using AttentionKernels.Devices;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>The pages of a cache: the memory of its keys and that of its values, which in a latent cache are one.</summary>
internal sealed class CachePages : IPageMemory, IDisposable
{
    private readonly AttentionDevice _device;
    private readonly PageMemory[] _memories;

    /// <summary>Allocates the memory.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public CachePages(AttentionDevice device, CacheOptions options)
    {
        _device = device;
        Keys = PageMemory.Allocate(device, options, options.KeyFormat);
        try
        {
            Values = options.LatentDimension > 0 ? Keys : PageMemory.Allocate(device, options, options.ValueFormat);
        }
        catch
        {
            Keys.Dispose();
            throw;
        }

        _memories = Keys == Values ? [Keys] : [Keys, Values];
    }

    /// <summary>The memory of the keys.</summary>
    public PageMemory Keys { get; }

    /// <summary>The memory of the values.</summary>
    public PageMemory Values { get; }

    /// <summary>Whether the memory was freed.</summary>
    public bool IsDisposed => Keys.IsDisposed;

    /// <summary>Bytes of a page in all layers.</summary>
    public long PageBytes => _memories.Sum(memory => memory.PageBytes);

    /// <summary>Checks that a tensor shares no memory with the pages.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public void CheckDisjoint(in Footprint tensor, string name)
    {
        Keys.CheckDisjoint(tensor, name, "the cache's keys");
        Values.CheckDisjoint(tensor, name, "the cache's values");
    }

    /// <inheritdoc/>
    public void CheckStream(AcceleratorStream? stream) => DeviceChecks.Stream(_device, stream);

    /// <inheritdoc/>
    public void Copy(PageCopy copy, AcceleratorStream? stream, int source, int target)
    {
        AcceleratorStream queue = DeviceChecks.Stream(_device, stream);
        foreach (PageMemory memory in _memories)
            memory.Copy(copy, queue, source, target);
    }

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose()
    {
        foreach (PageMemory memory in _memories)
            memory.Dispose();
    }
}
