using AttentionKernels.Tensors;
using ILGPU;

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

    private void CheckDimension(int dimension, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Shape.Rank, name);
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
}
