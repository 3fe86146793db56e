using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What the kernels that normalise rows take.</summary>
internal struct RowNormArguments
{
    public ArrayView<float> Input;
    public ArrayView<float> Output;

    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    public ArrayView<float> Weight;

    /// <summary>[hidden]; any memory where the kernel has none.</summary>
    public ArrayView<float> Bias;

    public long InputRowStride;
    public long OutputRowStride;
    public int Hidden;
    public float Epsilon;
}
