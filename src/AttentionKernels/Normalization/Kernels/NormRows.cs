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

    public RowDistances Input;
    public RowDistances Output;
    public RowDistances Addend;

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

    /// <summary>Where a row begins in a tensor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Offset(long row, RowDistances distances) => distances.Offset(row, Inner);

    /// <summary>The values of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly NormalizedValues Row(long row) =>
        new() { First = Offset(row, Input), PlaneLength = Hidden, PlaneStride = Hidden, Planes = 1 };
}
