using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What the kernels that normalise rows take.</summary>
internal struct RowNormArguments
{
    [KernelInput]
    public ArrayView<float> Input;
    public ArrayView<float> Output;

    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Weight;

    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Bias;

    public long InputRowStride;
    public long OutputRowStride;
    public int Hidden;
    public float Epsilon;

    /// <summary>Whether all rows begin at multiples of four features and have whole fours of them.</summary>
    public readonly bool AreRegular() =>
        Hidden % 4 == 0 && InputRowStride % 4 == 0 && OutputRowStride % 4 == 0 &&
        Input.IsAligned(4) && Output.IsAligned(4) && Weight.IsAligned(4) && Bias.IsAligned(4);

    /// <summary>The values of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly NormalizedValues Row(long row) =>
        new() { First = row * InputRowStride, PlaneLength = Hidden, PlaneStride = Hidden, Planes = 1 };
}
