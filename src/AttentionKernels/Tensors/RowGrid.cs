using System.Numerics;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Tensors;

/// <summary>The rows of tensors […, hidden] of one shape, in two levels: the dimensions before the last are divided so that in each tensor
/// the inner ones lie at equal distances, and the outer ones too.</summary>
internal readonly struct RowGrid
{
    private readonly TensorShape _shape;
    private readonly int _outerDimensions;

    private RowGrid(TensorShape shape, int outerDimensions)
    {
        _shape = shape;
        _outerDimensions = outerDimensions;
        Inner = outerDimensions == 0 ? 0 : Count(shape, outerDimensions, shape.Rank - 1);
    }

    /// <summary>How many rows there are.</summary>
    public long Rows => Count(_shape, 0, _shape.Rank - 1);

    /// <summary>Rows of an outer one; 0 where there is one level.</summary>
    public long Inner { get; }

    /// <summary>Divides the dimensions, with as few outer ones as may be.</summary>
    /// <exception cref="ArgumentException">The rows of a tensor lie at more distances.</exception>
    public static RowGrid Of(TensorShape shape, params ReadOnlySpan<(TensorShape Strides, string Name)> tensors)
    {
        uint common = uint.MaxValue;
        if (shape.Rank <= 2 || shape.ElementCount == 0)
            return new RowGrid(shape, 0);
        foreach ((TensorShape strides, string name) in tensors)
        {
            common &= Divisions(shape, strides);
            if (common == 0)
            {
                throw new ArgumentException(
                    $"The strides of '{name}' are {strides} for the shape {shape}; its rows must lie at equal distances, at most those " +
                    "of some outer dimensions at others, the same in all tensors.", name);
            }
        }

        return new RowGrid(shape, BitOperations.TrailingZeroCount(common));
    }

    /// <summary>How far apart the rows of a tensor of some strides lie.</summary>
    public RowDistances Distances(TensorShape strides) => new()
    {
        Row = Step(_shape, strides, _outerDimensions, _shape.Rank - 1) ?? 0,
        Outer = Step(_shape, strides, 0, _outerDimensions) ?? 0,
    };

    // A bit for each number of outer dimensions that leaves equal distances.
    private static uint Divisions(TensorShape shape, TensorShape strides)
    {
        uint divisions = 0;
        for (int outer = 0; outer == 0 || outer < shape.Rank - 1; outer++)
        {
            if (Step(shape, strides, 0, outer) is not null && Step(shape, strides, outer, shape.Rank - 1) is not null)
                divisions |= 1u << outer;
        }

        return divisions;
    }

    // The distance of neighbours in some dimensions: null where it differs, 0 where there are none.
    private static long? Step(TensorShape shape, TensorShape strides, int first, int end)
    {
        long? step = null;
        long next = 0;
        for (int dimension = end - 1; dimension >= first; dimension--)
        {
            if (shape[dimension] == 1)
                continue;
            if (step is not null && strides[dimension] != next)
                return null;
            step ??= strides[dimension];
            next = strides[dimension] * shape[dimension];
        }

        return step ?? 0;
    }

    private static long Count(TensorShape shape, int first, int end)
    {
        long count = 1;
        for (int dimension = first; dimension < end; dimension++)
            count *= shape[dimension];
        return count;
    }
}
