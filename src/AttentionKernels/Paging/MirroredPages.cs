using AttentionKernels.Launching;
using AttentionKernels.Memory;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace AttentionKernels.Paging;

/// <summary>Pages of each layer in device memory, [layer, page, …], and room for some of them in page-locked host memory.</summary>
/// <typeparam name="T">What a page consists of.</typeparam>
internal sealed class MirroredPages<T> : IDisposable
    where T : unmanaged
{
    private readonly int _layers;
    private readonly int _hostPages;
    private readonly long _pageLength;
    private readonly Tensor<T> _device;
    private readonly CPUMemoryBuffer? _host;

    /// <summary>Allocates both memories.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public MirroredPages(AttentionDevice device, int layers, int pages, int hostPages, TensorShape page)
    {
        _layers = layers;
        Pages = pages;
        _hostPages = hostPages;
        _pageLength = page.ElementCount;
        _device = device.Allocate<T>([layers, pages, .. page]);
        if (hostPages == 0)
            return;
        try
        {
            _host = HostMemory.Allocate<T>(device, (long)layers * hostPages * _pageLength);
        }
        catch
        {
            _device.Dispose();
            throw;
        }
    }

    /// <summary>Pages of a layer.</summary>
    public int Pages { get; }

    /// <summary>Whether the memory was freed.</summary>
    public bool IsDisposed => _device.IsDisposed;

    /// <summary>Bytes of a page in all layers.</summary>
    public long PageBytes => _layers * _pageLength * Interop.SizeOf<T>();

    /// <summary>All of the device memory.</summary>
    public TensorView<T> All => _device.View;

    /// <summary>The pages of a layer.</summary>
    public TensorView<T> Layer(int layer)
    {
        TensorView<T> slice = _device.View.Slice(0, layer, 1);
        Span<long> extents = stackalloc long[TensorShape.MaximumRank];
        for (int dimension = 1; dimension < slice.Shape.Rank; dimension++)
            extents[dimension - 1] = slice.Shape[dimension];
        return slice.Reshape(TensorShape.Create(extents[..(slice.Shape.Rank - 1)]));
    }

    /// <summary>Queues copies of a page of each layer to another.</summary>
    public void Copy(AcceleratorStream stream, int source, int target)
    {
        using StreamWork work = Begin(stream);
        work.Writes(_device.View.Data);
        work.Start();
        for (int layer = 0; layer < _layers; layer++)
            HostMemory.QueueOnDevice(stream, OnDevice(layer, source), OnDevice(layer, target));
    }

    /// <summary>Queues copies of a page of each layer to host memory.</summary>
    public void CopyToHost(AcceleratorStream stream, int source, int hostTarget)
    {
        using StreamWork work = Begin(stream);
        work.Reads(_device.View.Data);
        work.Writes(OnHost(0, hostTarget));
        work.Start();
        for (int layer = 0; layer < _layers; layer++)
            HostMemory.QueueToHost(stream, OnDevice(layer, source), OnHost(layer, hostTarget));
    }

    /// <summary>Queues copies of a page of each layer from host memory.</summary>
    public void CopyFromHost(AcceleratorStream stream, int hostSource, int target)
    {
        using StreamWork work = Begin(stream);
        work.Reads(OnHost(0, hostSource));
        work.Writes(_device.View.Data);
        work.Start();
        for (int layer = 0; layer < _layers; layer++)
            HostMemory.QueueToDevice(stream, OnHost(layer, hostSource), OnDevice(layer, target));
    }

    /// <summary>Waits for what is under way and frees both memories.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        if (_host is not null)
            _device.Device.Order.Close(_host);
        _device.Dispose();
        _host?.Dispose();
    }

    private StreamWork Begin(AcceleratorStream stream) => _device.Device.Order.Begin(stream);

    private ArrayView<T> OnDevice(int layer, int page) => _device.View.Data.SubView((((long)layer * Pages) + page) * _pageLength, _pageLength);

    private ArrayView<T> OnHost(int layer, int page) => _host!.AsArrayView<T>((((long)layer * _hostPages) + page) * _pageLength, _pageLength);
}
