using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>The heads of a tensor that are rotated, and where the result goes.</summary>
internal struct RotaryRows
{
    [KernelInput]
    public ArrayView<float> Input;
    public ArrayView<float> Output;
    public long InputBatchStride;
    public long InputTokenStride;
    public long InputHeadStride;
    public long OutputBatchStride;
    public long OutputTokenStride;
    public long OutputHeadStride;

    /// <summary>Heads of a token.</summary>
    public int Heads;

    /// <summary>The rows of tensors [batch, tokens, heads, headDim].</summary>
    public static RotaryRows Of(TensorView<float> input, TensorView<float> output) => new()
    {
        Input = input.Data,
        Output = output.Data,
        InputBatchStride = input.Strides[0],
        InputTokenStride = input.Strides[1],
        InputHeadStride = input.Strides[2],
        OutputBatchStride = output.Strides[0],
        OutputTokenStride = output.Strides[1],
        OutputHeadStride = output.Strides[2],
        Heads = (int)input.Shape[2],
    };

    /// <summary>Whether all heads begin at multiples of four elements.</summary>
    public readonly bool AreAligned() =>
        InputBatchStride % 4 == 0 && InputTokenStride % 4 == 0 && InputHeadStride % 4 == 0 &&
        OutputBatchStride % 4 == 0 && OutputTokenStride % 4 == 0 && OutputHeadStride % 4 == 0 &&
        Input.IsAligned(4) && Output.IsAligned(4);

    /// <summary>Where a token begins in the input.</summary>
    public readonly long InputOffset(int batch, int token) => (batch * InputBatchStride) + (token * InputTokenStride);

    /// <summary>Where a token begins in the output.</summary>
    public readonly long OutputOffset(int batch, int token) => (batch * OutputBatchStride) + (token * OutputTokenStride);
}
