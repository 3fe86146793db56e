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
    /// An output, found writable before, and another tensor share no element. Exact where one of both is a run of memory, such as a dense
    /// view or a row that is broadcast, and no two elements of the other one cross, and for two of the same shape and strides, such as
    /// interleaved parts of one buffer; two other views with gaps are taken at their word.
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
        Span<(long Stride, long Extent)> own = stackalloc (long, long)[TensorShape.MaximumRank];
        Span<(long Stride, long Extent)> others = stackalloc (long, long)[TensorShape.MaximumRank];
        own = Places(_shape, _strides, own);
        others = Places(other._shape, other._strides, others);
        if (TensorChecks.IsRun(others) && TensorChecks.AreNested(own))
            return TensorChecks.Touches(otherStart - start, TensorChecks.Span(others) * other._elementSize, own, _elementSize);
        if (TensorChecks.IsRun(own) && TensorChecks.AreNested(others))
            return TensorChecks.Touches(start - otherStart, TensorChecks.Span(own) * _elementSize, others, other._elementSize);
        return _elementSize == other._elementSize && _shape == other._shape && _strides == other._strides
            && TensorChecks.Meet(Math.Abs(start - otherStart) / _elementSize, own);
    }

    // The dimensions whose indices have places of their own: in those of stride 0 all share one. The smaller ones that leave no gap make
    // one, of stride 1.
    private static Span<(long Stride, long Extent)> Places(
        scoped in TensorShape shape, scoped in TensorShape strides, Span<(long Stride, long Extent)> dimensions)
    {
        dimensions = ByStride(shape, strides, dimensions);
        while (!dimensions.IsEmpty && dimensions[0].Stride == 0)
            dimensions = dimensions[1..];
        int unbroken = 0;
        long span = 1;
        for (; unbroken < dimensions.Length && dimensions[unbroken].Stride <= span; unbroken++)
            span += (dimensions[unbroken].Extent - 1) * dimensions[unbroken].Stride;
        if (unbroken == 0)
            return dimensions;
        dimensions = dimensions[(unbroken - 1)..];
        dimensions[0] = (1, span);
        return dimensions;
    }

    /// <summary>The dimensions of more than one index, the smallest stride first.</summary>
    public static Span<(long Stride, long Extent)> ByStride(
        scoped in TensorShape shape, scoped in TensorShape strides, Span<(long Stride, long Extent)> dimensions)
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
