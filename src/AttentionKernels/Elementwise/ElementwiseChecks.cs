using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.Tensors;

namespace AttentionKernels.Elementwise;

/// <summary>The rows that kernels of formulas take.</summary>
internal static class ElementwiseChecks
{
    /// <summary>The rows of both operands and an output, all of a shape: a row is as many of the last dimensions as are consecutive in all
    /// of them.</summary>
    /// <exception cref="ArgumentException">Rows lie at more than two distances, or there are too many elements.</exception>
    public static ElementwiseRows Rows(
        TensorShape shape, (TensorShape Strides, string Name) x, (TensorShape Strides, string Name) y,
        (TensorShape Strides, string Name) output)
    {
        int outer = shape.Rank == 0 ? 0 : shape.Rank - 1;
        long columns = shape.Rank == 0 ? 1 : shape[^1];
        while (outer > 0 && columns * shape[outer - 1] <= int.MaxValue
            && IsStep(x.Strides) && IsStep(y.Strides) && IsStep(output.Strides))
        {
            outer--;
            columns *= shape[outer];
        }

        TensorShape rowShape = With(shape, outer, columns);
        x.Strides = With(x.Strides, outer, 1);
        y.Strides = With(y.Strides, outer, 1);
        output.Strides = With(output.Strides, outer, 1);
        var grid = RowGrid.Of(rowShape, x, y, output);
        if (grid.Inner > int.MaxValue || columns > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of '{x.Name}' is {shape}; its columns and inner rows must be at most {int.MaxValue}.", x.Name);
        }

        return new ElementwiseRows
        {
            X = grid.Distances(x.Strides),
            Y = grid.Distances(y.Strides),
            Output = grid.Distances(output.Strides),
            Count = grid.Rows,
            Inner = (int)grid.Inner,
            Columns = (int)columns,
        };

        // Whether the next outer dimension goes on where the columns end.
        bool IsStep(in TensorShape strides) => shape[outer - 1] == 1 || strides[outer - 1] == columns;
    }

    /// <summary>The strides of a row that all rows of a shape take.</summary>
    public static TensorShape SharedRow(in TensorShape shape)
    {
        Span<long> strides = stackalloc long[TensorShape.MaximumRank];
        strides.Clear();
        strides[shape.Rank - 1] = 1;
        return TensorShape.Create(strides[..shape.Rank]);
    }

    /// <summary>The shape of the rows of a table that indices name.</summary>
    /// <exception cref="ArgumentException">The indices have too many dimensions.</exception>
    public static TensorShape Named(in TensorShape indices, long columns) => indices.Rank < TensorShape.MaximumRank
        ? With(indices, indices.Rank, columns)
        : throw new ArgumentException(
            $"The shape of 'indices' is {indices}; it must have at most {TensorShape.MaximumRank - 1} dimensions.", nameof(indices));

    /// <summary>The indices are so few that kernels can compare each with all.</summary>
    /// <exception cref="ArgumentException">There are too many.</exception>
    public static void Count(in TensorShape indices)
    {
        if (indices.ElementCount > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of 'indices' is {indices}; there must be at most {int.MaxValue} of them.", nameof(indices));
        }
    }

    // Some dimensions from the first on, and one more.
    private static TensorShape With(in TensorShape shape, int dimensions, long last)
    {
        Span<long> extents = stackalloc long[TensorShape.MaximumRank];
        for (int dimension = 0; dimension < dimensions; dimension++)
            extents[dimension] = shape[dimension];
        extents[dimensions] = last;
        return TensorShape.Create(extents[..(dimensions + 1)]);
    }
}
