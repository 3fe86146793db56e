using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using AttentionKernels.Streams;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Device memory with a shape; the owner. Disposing it waits for what is under way with the memory and frees it; views of it can no longer
/// be used.
/// </summary>
/// <remarks>
/// May be used from several threads and on several streams: work that writes it and other work with it on another stream come one after the
/// other, see <see cref="AttentionDevice"/>. One that is not disposed is freed when the garbage collector finds it, which knows its size.
/// </remarks>
/// <typeparam name="T">The element type.</typeparam>
public sealed class Tensor<T> : IDisposable
    where T : unmanaged
{
    // Bytes of a cache line: drivers begin memory with one, the managed CPU's allocator does not, and its widest vectors would straddle
    // two.
    private const int Alignment = 64;

    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;
    private readonly TensorView<T> _view;
    private readonly MemoryPressure _pressure;

    internal Tensor(AttentionDevice device, TensorShape shape)
    {
        Device = device;

        // Drivers refuse buffers of no bytes; an empty tensor holds one element that no view reaches.
        bool aligns = device.Accelerator.AcceleratorType == AcceleratorType.CPU && Alignment % Unsafe.SizeOf<T>() == 0;
        using WorkOrder.Hold hold = device.Order.KeepOpen();
        long length = aligns ? checked(shape.ElementCount + (Alignment / Unsafe.SizeOf<T>())) : Math.Max(1, shape.ElementCount);
        _buffer = device.Accelerator.Allocate1D<T>(length);
        int start = aligns ? (int)(-_buffer.NativePtr & (Alignment - 1)) / Unsafe.SizeOf<T>() : 0;
        _view = new TensorView<T>(_buffer.View.AsContiguous().SubView(start, shape.ElementCount), shape);
        _pressure = new MemoryPressure(device.Memory, _buffer.LengthInBytes);
    }

    /// <summary>The device that the memory is on.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The shape; the tensor is dense, the last dimension innermost.</summary>
    public TensorShape Shape => _view.Shape;

    /// <summary>Whether the tensor was disposed.</summary>
    public bool IsDisposed => _buffer.IsDisposed;

    /// <summary>The whole tensor as a view.</summary>
    /// <exception cref="ObjectDisposedException">The tensor is disposed.</exception>
    public TensorView<T> View
    {
        get
        {
            // A message of .NET's own would have the generic type's name for machines.
            if (IsDisposed)
                throw new ObjectDisposedException(nameof(Tensor<>), $"The tensor of shape {Shape} is disposed.");
            return _view;
        }
    }

    /// <summary>The whole tensor as a view.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <exception cref="ArgumentNullException"><paramref name="tensor"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The tensor is disposed.</exception>
    public static implicit operator TensorView<T>(Tensor<T> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.View;
    }

    /// <inheritdoc cref="TensorView{T}.Slice"/>
    public TensorView<T> Slice(int dimension, long start, long length) => View.Slice(dimension, start, length);

    /// <inheritdoc cref="TensorView{T}.CopyFrom(ReadOnlySpan{T}, AcceleratorStream)"/>
    public void CopyFrom(ReadOnlySpan<T> source, AcceleratorStream? stream = null) => View.CopyFrom(source, stream);

    /// <inheritdoc cref="TensorView{T}.CopyFrom(in ReadOnlyTensorSpan{T}, AcceleratorStream)"/>
    public void CopyFrom(in ReadOnlyTensorSpan<T> source, AcceleratorStream? stream = null) => View.CopyFrom(source, stream);

    /// <inheritdoc cref="TensorView{T}.CopyFromAsync"/>
    public Task CopyFromAsync(ReadOnlyMemory<T> source, AcceleratorStream? stream = null) => View.CopyFromAsync(source, stream);

    /// <inheritdoc cref="TensorView{T}.CopyTo(Span{T}, AcceleratorStream)"/>
    public void CopyTo(Span<T> target, AcceleratorStream? stream = null) => View.CopyTo(target, stream);

    /// <inheritdoc cref="TensorView{T}.CopyTo(in TensorSpan{T}, AcceleratorStream)"/>
    public void CopyTo(in TensorSpan<T> target, AcceleratorStream? stream = null) => View.CopyTo(target, stream);

    /// <inheritdoc cref="TensorView{T}.CopyToAsync"/>
    public Task CopyToAsync(Memory<T> target, AcceleratorStream? stream = null) => View.CopyToAsync(target, stream);

    /// <inheritdoc cref="TensorView{T}.ToArray"/>
    public T[] ToArray(AcceleratorStream? stream = null) => View.ToArray(stream);

    /// <summary>Waits for what is under way with the memory, on whatever thread and stream, and frees it.</summary>
    /// <exception cref="DeviceFailedException">The driver reports a failure of what was under way; the memory is freed.</exception>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        TileScheduler.ThrowIfInsideTile();
        try
        {
            Device.Order.Close(TensorChecks.Buffer(_view.Data)!);
        }
        catch (DeviceFailedException)
        {
            Free();
            throw;
        }

        Free();
    }

    // Not before the wait has come to an end: a thread that is interrupted leaves the memory to those that use it.
    private void Free()
    {
        _buffer.Dispose();
        _pressure.Dispose();
    }
}
