using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What the kernels that normalise rows take.</summary>
internal struct RowNormArguments
{
    public ArrayView<float> Input;
    public ArrayView<float> Output;

    /// <summary>[hidden], or empty.</summary>
    public ArrayView<float> Weight;

    /// <summary>[hidden], or empty.</summary>
    public ArrayView<float> Bias;

    public long InputRowStride;
    public long OutputRowStride;
    public int Hidden;
    public float Epsilon;
}
