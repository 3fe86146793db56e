using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tensors;

/// <summary>The check of a shape that stands before those of views, which are members of <see cref="TensorView{T}"/>; and what these
/// need that does not depend on the element type.</summary>
internal static class TensorChecks
{
    /// <summary>The rank, and extents that kernels can count: not negative, and within 32 bits each.</summary>
    public static void Extents(TensorShape shape, int rank, string name, string meaning)
    {
        if (shape.Rank != rank)
            throw new ArgumentException($"The shape of '{name}' is {shape}, of rank {shape.Rank}; it must be {meaning}.", name);
        foreach (long extent in shape)
        {
            if (extent is < 0 or > int.MaxValue)
                throw new ArgumentException($"The shape of '{name}' is {shape}; every extent must be from 0 to {int.MaxValue}.", name);
        }
    }

    /// <summary>The memory under a view; a default view has none, whatever the interface's annotation says.</summary>
    public static MemoryBuffer? Buffer<TView>(TView view)
        where TView : struct, IArrayView =>
        view.Buffer; // constrained, so that the view is not boxed

    /// <summary>Whether elements lie one after the other, last dimension innermost.</summary>
    public static bool IsDense(in TensorShape shape, in TensorShape strides)
    {
        long expected = 1;
        for (int dimension = shape.Rank - 1; dimension >= 0; dimension--)
        {
            if (shape[dimension] == 0)
                return true;
            if (shape[dimension] != 1 && strides[dimension] != expected)
                return false;
            expected *= shape[dimension];
        }

        return true;
    }

    /// <summary>Whether elements of these dimensions, of which those without gaps are one, lie one after the other.</summary>
    public static bool IsRun(ReadOnlySpan<(long Stride, long Extent)> dimensions) => dimensions is [] or [(1, _)];

    /// <summary>Whether each stride is at least what the smaller dimensions span, as where no two elements share a place.</summary>
    public static bool AreNested(ReadOnlySpan<(long Stride, long Extent)> dimensions)
    {
        long span = 1;
        foreach ((long stride, long extent) in dimensions)
        {
            if (stride < span)
                return false;
            span += (extent - 1) * stride;
        }

        return true;
    }

    /// <summary>Elements from the first to the last, both among them.</summary>
    public static long Span(ReadOnlySpan<(long Stride, long Extent)> dimensions)
    {
        long span = 1;
        foreach ((long stride, long extent) in dimensions)
            span += (extent - 1) * stride;
        return span;
    }

    /// <summary>Whether a run of bytes, some bytes behind the first element of nested dimensions, has a byte of an element.</summary>
    public static bool Touches(long start, long bytes, ReadOnlySpan<(long Stride, long Extent)> dimensions, int elementSize) =>
        Touches(Quotient(start, elementSize), -Quotient(-(start + bytes), elementSize), dimensions);

    // Elements from the first to before the end. Of the largest dimension, what lies before the index where the run begins ends before it,
    // and where the next index does not touch it, no later one does.
    private static bool Touches(long first, long end, ReadOnlySpan<(long Stride, long Extent)> dimensions)
    {
        if (dimensions.IsEmpty)
            return first <= 0 && end > 0;
        (long stride, long extent) = dimensions[^1];
        long index = Math.Clamp(first / stride, 0, extent - 1);
        long next = Math.Min(index + 1, extent - 1);
        return Touches(first - (index * stride), end - (index * stride), dimensions[..^1])
            || Touches(first - (next * stride), end - (next * stride), dimensions[..^1]);
    }

    // Rounded downward.
    private static long Quotient(long dividend, int divisor) => (dividend - ((dividend % divisor) + divisor) % divisor) / divisor;

    /// <summary>Whether two writable views of these dimensions, one some elements after the other, have an element in common.</summary>
    /// <remarks>The smaller dimensions span less than a stride of the largest, so its two multiples about the distance are all that can
    /// bridge it.</remarks>
    public static bool Meet(long distance, ReadOnlySpan<(long Stride, long Extent)> dimensions)
    {
        if (dimensions.IsEmpty)
            return distance == 0;
        (long stride, long extent) = dimensions[^1];
        (long steps, long rest) = Math.DivRem(distance, stride);
        return (steps < extent && Meet(rest, dimensions[..^1])) || (steps < extent - 1 && Meet(stride - rest, dimensions[..^1]));
    }
}
