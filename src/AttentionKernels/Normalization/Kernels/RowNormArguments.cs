using System.Runtime.CompilerServices;
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

    /// <summary>The values of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly NormalizedValues Row(long row) =>
        new() { First = row * InputRowStride, PlaneLength = Hidden, PlaneStride = Hidden, Planes = 1 };
}
