using System.Numerics.Tensors;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

// Copies from the host and to it.
public readonly partial struct TensorView<T>
{
    /// <summary>Copies host elements into the view, and waits. What was queued before on its memory is over by then.</summary>
    /// <param name="source">As many elements as the view has, last dimension innermost.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The number of elements differs, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense, or has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source, AcceleratorStream? stream = null)
    {
        AcceleratorStream target = CheckSource(source.Length, stream, nameof(source));
        if (!source.IsEmpty)
            HostMemory<T>.CopyToDevice(target, source, Data.SubView(0, source.Length));
    }

    /// <summary>Copies a host tensor of the same shape into the view, and waits.</summary>
    /// <param name="source">The tensor; its strides are free.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The shapes differ, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense, or has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public void CopyFrom(in ReadOnlyTensorSpan<T> source, AcceleratorStream? stream = null)
    {
        CheckLengths(source.Lengths, nameof(source));
        var elements = new T[source.FlattenedLength];
        source.FlattenTo(elements);
        CopyFrom(elements.AsSpan(), stream);
    }

    /// <summary>As <see cref="CopyFrom(ReadOnlySpan{T}, AcceleratorStream?)"/>, without a thread that waits.</summary>
    /// <param name="source">As many elements as the view has, last dimension innermost; read before the call returns.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <returns>A task that is complete when the copy is.</returns>
    /// <exception cref="ArgumentException">The number of elements differs, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="DeviceMemoryException">There is not enough page-locked host memory.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense, or has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public Task CopyFromAsync(ReadOnlyMemory<T> source, AcceleratorStream? stream = null)
    {
        AcceleratorStream target = CheckSource(source.Length, stream, nameof(source));
        return source.IsEmpty ? Task.CompletedTask : HostMemory<T>.CopyToDeviceAsync(target, source.Span, Data.SubView(0, source.Length));
    }

    /// <summary>Copies the elements to host memory and waits for the copy. They are what was queued last, on whatever stream.</summary>
    /// <param name="target">As many elements as the view has, last dimension innermost.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The number of elements differs, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="InvalidOperationException">The view has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public void CopyTo(Span<T> target, AcceleratorStream? stream = null)
    {
        AcceleratorStream source = CheckTarget(target.Length, stream, nameof(target));
        if (target.IsEmpty)
            return;
        if (IsDense)
        {
            HostMemory<T>.CopyToHost(source, Data.SubView(0, target.Length), target);
            return;
        }

        var covered = new T[Extent(Shape, Strides)];
        HostMemory<T>.CopyToHost(source, Data.SubView(0, covered.Length), covered);
        Gather(covered, 0, 0, target);
    }

    /// <summary>Copies the elements to a host tensor of the same shape, and waits. They are what was queued last, on whatever
    /// stream.</summary>
    /// <param name="target">The tensor; its strides are free.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The shapes differ, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="InvalidOperationException">The view has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public void CopyTo(in TensorSpan<T> target, AcceleratorStream? stream = null)
    {
        CheckLengths(target.Lengths, nameof(target));
        new ReadOnlyTensorSpan<T>(ToArray(stream), target.Lengths).CopyTo(target);
    }

    /// <summary>As <see cref="CopyTo(Span{T}, AcceleratorStream?)"/>, without a thread that waits.</summary>
    /// <param name="target">As many elements as the view has, last dimension innermost; written when the task is complete.</param>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <returns>A task that is complete when the elements are there.</returns>
    /// <exception cref="ArgumentException">The number of elements differs, or the stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="DeviceMemoryException">There is not enough page-locked host memory.</exception>
    /// <exception cref="InvalidOperationException">The view has no memory because it is a default value.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public Task CopyToAsync(Memory<T> target, AcceleratorStream? stream = null)
    {
        AcceleratorStream source = CheckTarget(target.Length, stream, nameof(target));
        TensorView<T> view = this;
        return target.IsEmpty
            ? Task.CompletedTask
            : HostMemory<T>.CopyToHostAsync(
                source, Data.SubView(0, Extent(Shape, Strides)), covered => view.Gather(covered, 0, 0, target.Span));
    }

    /// <summary>Copies the elements to a new host array, and waits. They are what was queued last, on whatever stream.</summary>
    /// <param name="stream">The stream that the copy is queued on; the device's default stream where <see langword="null"/>.</param>
    /// <returns>The elements, last dimension innermost.</returns>
    /// <exception cref="ArgumentException">The stream is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the copy, or reports a failure of what was queued before.</exception>
    /// <exception cref="InvalidOperationException">The view is a default value, or has more elements than an array can have.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory, its device or the stream is disposed.</exception>
    public T[] ToArray(AcceleratorStream? stream = null)
    {
        CheckAlive();
        if (ElementCount > Array.MaxLength)
            throw new InvalidOperationException($"The view {Shape} has {ElementCount} elements; an array has at most {Array.MaxLength}.");
        var elements = new T[ElementCount];
        CopyTo(elements, stream);
        return elements;
    }

    private void CheckLengths(ReadOnlySpan<nint> lengths, string name)
    {
        CheckAlive();
        TensorShape shape = TensorShape.Create([.. lengths.ToArray().Select(length => (long)length)]);
        if (shape != Shape)
            throw new ArgumentException($"The shape of '{name}' is {shape}; it must be the view's, {Shape}.", name);
    }

    private AcceleratorStream CheckSource(int length, AcceleratorStream? stream, string name)
    {
        AcceleratorStream checkedStream = CheckedStream(stream);
        if (length != ElementCount)
            throw new ArgumentException($"{length} elements were given; the view {Shape} has {ElementCount}.", name);
        if (!IsDense)
            throw new InvalidOperationException($"Only a dense view can be copied into; this one has shape {Shape} and strides {Strides}.");
        return checkedStream;
    }

    private AcceleratorStream CheckTarget(int length, AcceleratorStream? stream, string name)
    {
        AcceleratorStream checkedStream = CheckedStream(stream);
        if (length != ElementCount)
            throw new ArgumentException($"There is room for {length} elements; the view {Shape} has {ElementCount}.", name);
        return checkedStream;
    }

    private Span<T> Gather(ReadOnlySpan<T> covered, int dimension, long offset, Span<T> target)
    {
        if (dimension == Shape.Rank)
        {
            target[0] = covered[(int)offset];
            return target[1..];
        }

        for (long index = 0; index < Shape[dimension]; index++)
            target = Gather(covered, dimension + 1, offset + (index * Strides[dimension]), target);
        return target;
    }
}
