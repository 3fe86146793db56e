using AttentionKernels.Streams;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace AttentionKernels.KeyValueCache;

/// <summary>
/// Pages of each layer in device memory, [page, …], and room for some of them in page-locked host memory. Each layer has a buffer of its
/// own: drivers limit the size of one, and streams that work on different layers do not wait for each other.
/// </summary>
/// <typeparam name="T">What a page consists of.</typeparam>
internal sealed class MirroredPages<T> : IDisposable
    where T : unmanaged
{
    private readonly long _pageLength;
    private readonly Tensor<T>[] _device;

    // Empty without host pages.
    private readonly CPUMemoryBuffer[] _host;

    /// <summary>Allocates both memories.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public MirroredPages(AttentionDevice device, int layers, int pages, int hostPages, TensorShape page)
    {
        _pageLength = page.ElementCount;
        var onDevice = new List<Tensor<T>>(layers);
        var onHost = new List<CPUMemoryBuffer>();
        try
        {
            for (int layer = 0; layer < layers; layer++)
            {
                onDevice.Add(device.Allocate<T>([pages, .. page]));
                if (hostPages > 0)
                    onHost.Add(HostMemory<T>.Allocate(device, hostPages * _pageLength));
            }
        }
        catch
        {
            onDevice.ForEach(tensor => tensor.Dispose());
            onHost.ForEach(buffer => buffer.Dispose());
            throw;
        }

        _device = [.. onDevice];
        _host = [.. onHost];
    }

    /// <summary>Whether the memory was freed.</summary>
    public bool IsDisposed => _device[0].IsDisposed;

    /// <summary>Bytes of a page in all layers.</summary>
    public long PageBytes => _device.Length * _pageLength * Interop.SizeOf<T>();

    /// <summary>The pages of a layer.</summary>
    public TensorView<T> Layer(int layer) => _device[layer].View;

    /// <summary>Queues copies of a page of each layer to another.</summary>
    public void Copy(PageCopy copy, AcceleratorStream stream, int source, int target)
    {
        using StreamWork work = _device[0].Device.Order.Begin(stream);
        for (int layer = 0; layer < _device.Length; layer++)
        {
            work.UsesView(copy == PageCopy.FromHost ? OnHost(layer, source) : OnDevice(layer, source), writes: false);
            work.UsesView(copy == PageCopy.ToHost ? OnHost(layer, target) : OnDevice(layer, target), writes: true);
        }

        work.Start();
        for (int layer = 0; layer < _device.Length; layer++)
        {
            if (copy == PageCopy.ToHost)
                HostMemory<T>.QueueToHost(stream, OnDevice(layer, source), OnHost(layer, target));
            else if (copy == PageCopy.FromHost)
                HostMemory<T>.QueueToDevice(stream, OnHost(layer, source), OnDevice(layer, target));
            else
                HostMemory<T>.QueueOnDevice(stream, OnDevice(layer, source), OnDevice(layer, target));
        }
    }

    /// <summary>Checks that a tensor shares no memory with the pages.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public void CheckDisjoint(in Footprint tensor, string tensorName, string name)
    {
        foreach (Tensor<T> layer in _device)
        {
            if (tensor.IsIn(TensorChecks.Buffer(layer.View.Data)))
                tensor.CheckDisjoint(tensorName, layer.View.Footprint, name);
        }
    }

    /// <summary>Waits for what is under way and frees both memories.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        foreach (CPUMemoryBuffer buffer in _host)
            _device[0].Device.Order.Free(buffer);
        foreach (Tensor<T> layer in _device)
            layer.Dispose();
    }

    private ArrayView<T> OnDevice(int layer, int page) => _device[layer].View.Data.SubView(page * _pageLength, _pageLength);

    private ArrayView<T> OnHost(int layer, int page) => _host[layer].AsArrayView<T>(page * _pageLength, _pageLength);
}
