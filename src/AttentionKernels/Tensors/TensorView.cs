using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Device memory with a shape and strides; it does not own the memory. Views of views, slices and swapped dimensions copy nothing.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
public readonly partial struct TensorView<T>
    where T : unmanaged
{
    /// <summary>Makes a dense view over ILGPU memory.</summary>
    /// <param name="data">The elements; the view's first element is the memory's first.</param>
    /// <param name="shape">The shape, with the last dimension innermost.</param>
    /// <exception cref="ArgumentException">An extent is negative, or the memory is too short.</exception>
    public TensorView(ArrayView<T> data, TensorShape shape)
        : this(data, shape, DenseStrides(shape))
    {
    }

    /// <summary>Makes a strided view over ILGPU memory.</summary>
    /// <param name="data">The elements; the view's first element is the memory's first.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="strides">For each dimension, the distance in elements between neighbours; not negative.</param>
    /// <exception cref="ArgumentException">
    /// An extent or stride is negative, shape and strides differ in rank, or the memory is too short.
    /// </exception>
    public TensorView(ArrayView<T> data, TensorShape shape, TensorShape strides)
    {
        if (shape.Rank != strides.Rank)
            throw new ArgumentException($"The strides {strides} must be one for each dimension of the shape {shape}.", nameof(strides));
        if (shape.HasNegative)
            throw new ArgumentException($"The shape {shape} has a negative extent.", nameof(shape));
        if (strides.HasNegative)
            throw new ArgumentException($"The strides {strides} must not be negative.", nameof(strides));
        long extentInElements = CheckedExtent(data, shape, strides);
        if (extentInElements > data.Length)
        {
            throw new ArgumentException(
                $"A view of shape {shape} with strides {strides} reaches over {extentInElements} elements; the memory has {data.Length}.",
                nameof(data));
        }

        Data = data;
        Shape = shape;
        Strides = strides;
    }

    /// <summary>The elements, from the view's first on; for kernels of your own.</summary>
    public ArrayView<T> Data { get; }

    /// <summary>The shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>For each dimension, the distance in elements between neighbours.</summary>
    public TensorShape Strides { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount => Shape.ElementCount;

    /// <summary>Whether the elements lie one after the other, last dimension innermost.</summary>
    public bool IsDense => TensorChecks.IsDense(Shape, Strides);

    /// <summary>The elements from <paramref name="start"/> on along one dimension, without copying.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">How many.</param>
    /// <returns>The slice, of the same rank.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the dimension.</exception>
    public TensorView<T> Slice(int dimension, long start, long length)
    {
        CheckDimension(dimension, nameof(dimension));
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Shape[dimension]);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Shape[dimension] - start);
        TensorShape shape = Shape.With(dimension, length);
        long extent = Extent(shape, Strides);
        // An empty slice has no first element, and its offset may lie one past the end.
        long offset = extent == 0 ? 0 : start * Strides[dimension];
        return new TensorView<T>(Data.SubView(offset, extent), shape, Strides);
    }

    /// <summary>The view with two dimensions exchanged, without copying.</summary>
    /// <param name="first">A dimension, from 0.</param>
    /// <param name="second">Another.</param>
    /// <returns>The view.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The view has no such dimension.</exception>
    public TensorView<T> Transpose(int first, int second)
    {
        CheckDimension(first, nameof(first));
        CheckDimension(second, nameof(second));
        return new(Data, Exchanged(Shape), Exchanged(Strides));

        TensorShape Exchanged(TensorShape shape) => shape.With(first, shape[second]).With(second, shape[first]);
    }

    /// <summary>The same elements under another shape, without copying.</summary>
    /// <param name="shape">A shape with as many elements.</param>
    /// <returns>The view.</returns>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense.</exception>
    public TensorView<T> Reshape(TensorShape shape)
    {
        if (!IsDense)
            throw new InvalidOperationException($"Only a dense view can be reshaped; this one has shape {Shape} and strides {Strides}.");
        if (!shape.TryCount(out long count) || count != ElementCount)
            throw new ArgumentException($"The shape {shape} must have the {ElementCount} elements of the view {Shape}.", nameof(shape));
        return new TensorView<T>(Data, shape);
    }

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

    /// <summary>As <see cref="CopyFrom"/>, without a thread that waits.</summary>
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

    /// <summary>As <see cref="CopyTo"/>, without a thread that waits.</summary>
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

    private void CheckDimension(int dimension, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Shape.Rank, name);
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

    /// <summary>How many elements of memory a view reaches over: one more than its last element's offset, or none.</summary>
    private static long Extent(TensorShape shape, TensorShape strides)
    {
        foreach (long extent in shape)
        {
            if (extent == 0)
                return 0;
        }

        long last = 0;
        for (int dimension = 0; dimension < shape.Rank; dimension++)
            last = checked(last + ((shape[dimension] - 1) * strides[dimension]));

        return checked(last + 1);
    }

    private static TensorShape DenseStrides(TensorShape shape)
    {
        try
        {
            return shape.DenseStrides();
        }
        catch (OverflowException exception)
        {
            throw new ArgumentException($"The shape {shape} has more elements than 64 bits count.", nameof(shape), exception);
        }
    }

    private static long CheckedExtent(ArrayView<T> data, TensorShape shape, TensorShape strides)
    {
        try
        {
            return Extent(shape, strides);
        }
        catch (OverflowException exception)
        {
            throw new ArgumentException(
                $"A view of shape {shape} with strides {strides} reaches over more elements than 64 bits count; the memory has " +
                $"{data.Length}.", nameof(data), exception);
        }
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
