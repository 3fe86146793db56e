using AttentionKernels.Memory;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Device memory with a shape and strides; it does not own the memory. Views of views, slices and swapped dimensions copy nothing.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
public readonly struct TensorView<T>
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
            throw new ArgumentException($"The strides {strides} must have one entry for each dimension of the shape {shape}.", nameof(strides));
        foreach (long extent in shape)
        {
            if (extent < 0)
                throw new ArgumentException($"The shape {shape} has a negative extent.", nameof(shape));
        }

        foreach (long stride in strides)
        {
            if (stride < 0)
                throw new ArgumentException($"The strides {strides} must not be negative.", nameof(strides));
        }

        long extentInElements = CheckedExtent(data, shape, strides);
        if (extentInElements > data.Length)
        {
            throw new ArgumentException(
                $"A view of shape {shape} with strides {strides} reaches over {extentInElements} elements; the memory has {data.Length}.", nameof(data));
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
    public bool IsDense
    {
        get
        {
            long expected = 1;
            for (int dimension = Shape.Rank - 1; dimension >= 0; dimension--)
            {
                if (Shape[dimension] == 0)
                    return true;
                if (Shape[dimension] != 1 && Strides[dimension] != expected)
                    return false;
                expected *= Shape[dimension];
            }

            return true;
        }
    }

    /// <summary>The elements from <paramref name="start"/> on along one dimension, without copying.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">How many.</param>
    /// <returns>The slice, of the same rank.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the dimension.</exception>
    public TensorView<T> Slice(int dimension, long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Shape.Rank);
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
    public TensorView<T> Swap(int first, int second) =>
        new(Data, Shape.With(first, Shape[second]).With(second, Shape[first]), Strides.With(first, Strides[second]).With(second, Strides[first]));

    /// <summary>The same elements under another shape, without copying.</summary>
    /// <param name="shape">A shape with as many elements.</param>
    /// <returns>The view.</returns>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense.</exception>
    public TensorView<T> Reshape(TensorShape shape)
    {
        if (!IsDense)
            throw new InvalidOperationException($"Only a dense view can be reshaped; this one has shape {Shape} and strides {Strides}.");
        if (shape.ElementCount != ElementCount)
            throw new ArgumentException($"The shape {shape} has {shape.ElementCount} elements; the view {Shape} has {ElementCount}.", nameof(shape));
        return new TensorView<T>(Data, shape);
    }

    /// <summary>Copies host elements into the view and waits for the copy.</summary>
    /// <param name="source">As many elements as the view has, last dimension innermost.</param>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    /// <exception cref="InvalidOperationException">The view is not dense.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory is disposed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source) => CopyFrom(source, null);

    /// <inheritdoc cref="CopyFrom(ReadOnlySpan{T})"/>
    /// <param name="source">As many elements as the view has, last dimension innermost.</param>
    /// <param name="stream">The stream that the copy is queued on; the default stream where <see langword="null"/>.</param>
    public void CopyFrom(ReadOnlySpan<T> source, AcceleratorStream? stream)
    {
        if (source.Length != ElementCount)
            throw new ArgumentException($"{source.Length} elements were given; the view {Shape} has {ElementCount}.", nameof(source));
        if (!IsDense)
            throw new InvalidOperationException($"Only a dense view can be copied into; this one has shape {Shape} and strides {Strides}.");
        if (source.IsEmpty)
            return;
        TensorChecks.Alive(this);
        stream ??= Data.GetAccelerator().DefaultStream;
        Data.SubView(0, source.Length).CopyFromCPU(stream, source);
        stream.Synchronize();
    }

    /// <summary>Copies the elements to host memory and waits for the copy.</summary>
    /// <param name="target">As many elements as the view has, last dimension innermost.</param>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    /// <exception cref="ObjectDisposedException">The view's memory is disposed.</exception>
    public void CopyTo(Span<T> target)
    {
        if (target.Length != ElementCount)
            throw new ArgumentException($"There is room for {target.Length} elements; the view {Shape} has {ElementCount}.", nameof(target));
        if (target.IsEmpty)
            return;
        TensorChecks.Alive(this);
        AcceleratorStream stream = Data.GetAccelerator().DefaultStream;
        if (IsDense)
        {
            Data.SubView(0, target.Length).CopyToCPU(stream, target);
            stream.Synchronize();
            return;
        }

        var covered = new T[Extent(Shape, Strides)];
        Data.SubView(0, covered.Length).CopyToCPU(stream, covered.AsSpan());
        stream.Synchronize();
        Gather(covered, 0, 0, target);
    }

    /// <summary>Copies the elements to a new host array and waits for the copy.</summary>
    /// <returns>The elements, last dimension innermost.</returns>
    /// <exception cref="ObjectDisposedException">The view's memory is disposed.</exception>
    public T[] ToArray()
    {
        var elements = new T[ElementCount];
        CopyTo(elements);
        return elements;
    }

    /// <summary>How many elements of memory a view reaches over: one more than its last element's offset, or none.</summary>
    private static long Extent(TensorShape shape, TensorShape strides)
    {
        long last = 0;
        for (int dimension = 0; dimension < shape.Rank; dimension++)
        {
            if (shape[dimension] == 0)
                return 0;
            last = checked(last + ((shape[dimension] - 1) * strides[dimension]));
        }

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
                $"A view of shape {shape} with strides {strides} reaches over more elements than 64 bits count; the memory has {data.Length}.",
                nameof(data), exception);
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
