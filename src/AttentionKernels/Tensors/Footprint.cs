using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tensors;

/// <summary>The memory that the elements of a view lie in, whatever their type.</summary>
internal readonly struct Footprint
{
    private readonly MemoryBuffer? _buffer;
    private readonly ArrayView<byte> _data;
    private readonly int _elementSize;
    private readonly TensorShape _shape;
    private readonly TensorShape _strides;

    /// <param name="buffer">The buffer; a default view has none.</param>
    /// <param name="data">The bytes from the view's first element on.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    /// <param name="shape">The view's shape.</param>
    /// <param name="strides">Its strides.</param>
    public Footprint(MemoryBuffer? buffer, ArrayView<byte> data, int elementSize, TensorShape shape, TensorShape strides)
    {
        _buffer = buffer;
        _data = data;
        _elementSize = elementSize;
        _shape = shape;
        _strides = strides;
    }

    /// <summary>
    /// An output, found writable before, and another tensor share no element. Exact for two dense views and for two of the same shape and
    /// strides, such as interleaved parts of one buffer; other views with gaps are taken at their word.
    /// </summary>
    /// <exception cref="ArgumentException">They share one.</exception>
    public void CheckDisjoint(string name, in Footprint other, string otherName)
    {
        if (Overlaps(other))
            throw new ArgumentException($"The tensor '{name}' overlaps '{otherName}'; it must have memory of its own.", name);
    }

    /// <summary>Whether the memory is of a buffer.</summary>
    public bool IsIn(MemoryBuffer? buffer) => _buffer == buffer;

    private bool Overlaps(in Footprint other)
    {
        if (_shape.ElementCount == 0 || other._shape.ElementCount == 0 || !IsIn(other._buffer))
            return false;
        long start = _data.LoadEffectiveAddressAsPtr();
        long otherStart = other._data.LoadEffectiveAddressAsPtr();
        if (TensorChecks.IsDense(_shape, _strides) && TensorChecks.IsDense(other._shape, other._strides))
        {
            return start < otherStart + (other._shape.ElementCount * other._elementSize)
                && otherStart < start + (_shape.ElementCount * _elementSize);
        }

        if (_elementSize != other._elementSize || _shape != other._shape || _strides != other._strides)
            return false;
        Span<(long Stride, long Extent)> dimensions = stackalloc (long, long)[TensorShape.MaximumRank];
        return TensorChecks.Meet(Math.Abs(start - otherStart) / _elementSize, ByStride(_shape, _strides, dimensions));
    }

    /// <summary>The dimensions of more than one index, the smallest stride first.</summary>
    public static Span<(long Stride, long Extent)> ByStride(
        in TensorShape shape, in TensorShape strides, Span<(long Stride, long Extent)> dimensions)
    {
        int count = 0;
        for (int dimension = 0; dimension < shape.Rank; dimension++)
        {
            if (shape[dimension] > 1)
                dimensions[count++] = (strides[dimension], shape[dimension]);
        }

        dimensions = dimensions[..count];
        dimensions.Sort(static (left, right) => left.Stride.CompareTo(right.Stride));
        return dimensions;
    }
}
