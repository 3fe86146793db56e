using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace AttentionKernels.Tensors;

/// <summary>
/// A one-dimensional tensor that is written on the host and read on the device: page-locked host memory, device memory, and the copy
/// between them, which allocates nothing and is waited for only where the host writes again.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
/// <remarks>May be uploaded on any stream: a copy waits for what other streams still read. The host writes from one thread at a
/// time.</remarks>
internal sealed class MirroredTensor<T> : IDisposable
    where T : unmanaged
{
    private readonly CPUMemoryBuffer _host;
    private readonly ArrayView<T> _source;
    private readonly Tensor<T> _device;
    private readonly int _length;

    // What the host has written and the device has not: a range that covers all of it.
    private int _changedFrom;
    private int _changedTo;

    /// <summary>Allocates both memories, all zeros on the host.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public MirroredTensor(AttentionDevice device, int length)
    {
        _length = length;
        _changedTo = length;
        _device = device.Allocate<T>([length]);
        try
        {
            _host = HostMemory<T>.Allocate(device, length);
        }
        catch
        {
            _device.Dispose();
            throw;
        }

        _source = _host.AsArrayView<T>(0, length);
        Elements.Clear();
    }

    /// <summary>Whether the memory was freed.</summary>
    public bool IsDisposed => _device.IsDisposed;

    /// <summary>What the host has written.</summary>
    public ReadOnlySpan<T> Host => Elements;

    private Span<T> Elements => HostMemory<T>.Elements(_host, _length);

    /// <summary>The host's memory, to be written: the next <see cref="Upload"/> copies it.</summary>
    public Span<T> Write() => Write(0, _length);

    /// <summary>A range of the host's memory, to be written: the next <see cref="Upload"/> copies it with all that was written since the
    /// last one.</summary>
    public Span<T> Write(int first, int count)
    {
        _device.Device.Order.Await(_host);
        if (count > 0)
        {
            _changedFrom = _changedTo == 0 ? first : Math.Min(_changedFrom, first);
            _changedTo = Math.Max(_changedTo, first + count);
        }

        return Elements.Slice(first, count);
    }

    /// <summary>The device's memory, with a copy queued on the stream where the host has written since the last one.</summary>
    public TensorView<T> Upload(AcceleratorStream stream)
    {
        int changed = _changedTo - _changedFrom;
        if (changed > 0)
            HostMemory<T>.ToDevice(stream, _source.SubView(_changedFrom, changed), _device.View.Data.SubView(_changedFrom, changed));

        (_changedFrom, _changedTo) = (0, 0);
        return _device.View;
    }

    /// <summary>Waits for a copy that is under way and frees the memory.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        _device.Device.Order.Free(_host);
        _device.Dispose();
    }
}
