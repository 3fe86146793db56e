using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Streams;

/// <summary>
/// Work that is about to be queued on a stream: <c>using</c> it, name what it reads and writes, <see cref="Start"/> it, and queue it. Made
/// by <see cref="WorkOrder.Begin"/>, and used again once disposed.
/// </summary>
internal sealed class StreamWork(WorkOrder order) : IViewVisitor, IDisposable
{
    // More views than kernels of the library have, so that a step of a server allocates nothing.
    private const int Capacity = 32;

    /// <summary>The stream.</summary>
    public StreamProgress? Stream { get; set; }

    /// <summary>The buffers, and whether each is written.</summary>
    public List<(MemoryUse Use, bool Writes)> Uses { get; } = new(Capacity);

    /// <summary>What must be over before.</summary>
    public List<StreamUse> Earlier { get; } = new(Capacity);

    /// <summary>Whether the buffers are held.</summary>
    public bool IsStarted { get; set; }

    /// <summary>The work reads a view's memory, and may write it.</summary>
    /// <exception cref="ObjectDisposedException">The memory is disposed.</exception>
    public void UsesView<TView>(TView view, bool writes)
        where TView : struct, IArrayView => Use(view.Buffer, view.Length, writes);

    /// <summary>The work uses the views of a kernel's arguments.</summary>
    /// <exception cref="ObjectDisposedException">The memory of one is disposed.</exception>
    public void UsesViews<TArguments>(in TArguments arguments) => KernelViews<TArguments, StreamWork>.Visit(arguments, this);

    /// <inheritdoc/>
    public void Visit<TView>(TView view, int index, bool isInput)
        where TView : struct, IArrayView => Use(view.Buffer, view.Length, writes: !isInput);

    /// <summary>Takes hold of the memory: nobody frees it before this is disposed. Waits for what other streams may still do to
    /// it.</summary>
    /// <exception cref="ObjectDisposedException">Memory, or the device, is being disposed.</exception>
    public void Start() => order.Start(this);

    /// <summary>As <see cref="Start"/>, without a thread that waits.</summary>
    /// <inheritdoc cref="Start" path="/exception"/>
    public Task StartAsync() => order.StartAsync(this);

    /// <summary>Takes note that the work is queued.</summary>
    public void Dispose() => order.End(this);

    /// <summary>Waits for what must be over before.</summary>
    internal void AwaitEarlier()
    {
        foreach (StreamUse earlier in Earlier)
            earlier.Wait();
    }

    /// <summary>Forgets all, for other work.</summary>
    internal void Reset()
    {
        Stream = null;
        Uses.Clear();
        Earlier.Clear();
        IsStarted = false;
    }

    // A default view has no buffer, whatever the interface's annotation says; and an empty one stands in where there is nothing to use.
    private void Use(MemoryBuffer? buffer, long length, bool writes)
    {
        if (buffer is null)
            return;
        if (buffer.IsDisposed)
            throw new ObjectDisposedException("view", $"The memory of a view of {length} elements is disposed.");
        if (length > 0)
            Uses.Add((MemoryUse.Of(buffer), writes));
    }
}
