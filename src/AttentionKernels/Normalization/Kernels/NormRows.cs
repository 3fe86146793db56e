using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Rows that are normalised, their weights and biases.</summary>
internal struct NormRows
{
    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Weight;

    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Bias;

    public RowStrides Input;
    public RowStrides Output;
    public RowStrides Addend;

    /// <summary>How many rows there are.</summary>
    public long Count;

    /// <summary>Rows of an outer one; 0 where all lie at equal distances.</summary>
    public int Inner;
    public int Hidden;
    public float Epsilon;

    /// <summary>Whether all rows but for the first begin at multiples of four features, if that does, and have whole fours of
    /// them.</summary>
    public readonly bool AreRegular() =>
        Hidden % 4 == 0 && Input.AreRegular() && Output.AreRegular() && Addend.AreRegular() && Weight.IsAligned(4) && Bias.IsAligned(4);

    /// <summary>Where a row begins in a tensor of some strides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Offset(long row, RowStrides strides)
    {
        if (Inner == 0)
            return row * strides.Row;
        Division at = Division.Of(row, Inner);
        return (at.Quotient * strides.Outer) + (at.Remainder * strides.Row);
    }

    /// <summary>The values of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly NormalizedValues Row(long row) =>
        new() { First = Offset(row, Input), PlaneLength = Hidden, PlaneStride = Hidden, Planes = 1 };
}

/// <summary>How far apart the rows of a tensor lie.</summary>
internal struct RowStrides
{
    /// <summary>Elements from a row to the next.</summary>
    public long Row;

    /// <summary>Elements from an outer row to the next.</summary>
    public long Outer;

    /// <summary>Whether both are multiples of four.</summary>
    public readonly bool AreRegular() => Row % 4 == 0 && Outer % 4 == 0;
}
