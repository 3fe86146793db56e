using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.Tensors;

namespace AttentionKernels.Elementwise;

/// <summary>The rows that kernels of formulas take.</summary>
internal static class ElementwiseChecks
{
    /// <summary>The rows of both operands and an output, all of a shape; those of the second perhaps one that all take.</summary>
    /// <exception cref="ArgumentException">Rows lie at more than two distances, or there are too many elements.</exception>
    public static ElementwiseRows Rows(
        TensorShape shape, (TensorShape Strides, string Name) x, (TensorShape Strides, string Name) y, TensorShape output, bool isShared)
    {
        if (!isShared && AreDense(shape, x.Strides, y.Strides, output) && shape.ElementCount <= int.MaxValue)
            return new ElementwiseRows { Count = 1, Columns = (int)shape.ElementCount };

        RowGrid grid = isShared
            ? RowGrid.Of(shape, x, (output, nameof(output)))
            : RowGrid.Of(shape, x, y, (output, nameof(output)));
        if (grid.Inner > int.MaxValue || shape[^1] > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of '{x.Name}' is {shape}; its columns and inner rows must be at most {int.MaxValue}.", x.Name);
        }

        var rows = new ElementwiseRows { Count = grid.Rows, Inner = (int)grid.Inner, Columns = (int)shape[^1] };
        (rows.X.Row, rows.X.Outer) = grid.Strides(x.Strides);
        (rows.Output.Row, rows.Output.Outer) = grid.Strides(output);
        if (!isShared)
            (rows.Y.Row, rows.Y.Outer) = grid.Strides(y.Strides);
        return rows;
    }

    /// <summary>The shape of the rows that indices find.</summary>
    /// <exception cref="ArgumentException">The indices have too many dimensions.</exception>
    public static TensorShape Found(in TensorShape indices, long columns)
    {
        if (indices.Rank == TensorShape.MaximumRank)
        {
            throw new ArgumentException(
                $"The shape of 'indices' is {indices}; it must have at most {TensorShape.MaximumRank - 1} dimensions.", nameof(indices));
        }

        Span<long> extents = stackalloc long[TensorShape.MaximumRank];
        for (int dimension = 0; dimension < indices.Rank; dimension++)
            extents[dimension] = indices[dimension];
        extents[indices.Rank] = columns;
        return TensorShape.Create(extents[..(indices.Rank + 1)]);
    }

    private static bool AreDense(in TensorShape shape, in TensorShape x, in TensorShape y, in TensorShape output) =>
        TensorChecks.IsDense(shape, x) && TensorChecks.IsDense(shape, y) && TensorChecks.IsDense(shape, output);
}
