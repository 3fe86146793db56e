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
