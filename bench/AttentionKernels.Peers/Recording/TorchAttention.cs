using AttentionKernels.Oracle;
using AttentionKernels.Oracle.PyTorch;
using TorchSharp;

using static TorchSharp.torch;

namespace AttentionKernels.Peers.Recording;

/// <summary>Attention by PyTorch, for tests to compare with.</summary>
internal static class TorchAttention
{
    /// <summary>Computes a case.</summary>
    /// <returns>The name and the output [batch, queries, heads, headDim].</returns>
    public static (string Name, float[] Elements) Compute(SdpaCase attention)
    {
        using DisposeScope scope = NewDisposeScope();
        AttentionInputs inputs = attention.Inputs;
        Tensor query = HeadsFirst(inputs.Query, attention.QueryShape);
        // TorchSharp does not show `scale`. The factor is a power of two, which rounds nothing.
        if (inputs.Scale is { } scale)
            query = query.mul(scale * MathF.Sqrt(SdpaCase.HeadDimension));

        // Nor `enable_gqa`, which is this.
        Tensor key = HeadsFirst(inputs.Key, attention.KeyShape).repeat_interleave(SdpaCase.Heads / inputs.KeyValueHeads, dim: 1);
        Tensor value = HeadsFirst(inputs.Value, attention.KeyShape).repeat_interleave(SdpaCase.Heads / inputs.KeyValueHeads, dim: 1);
        Tensor? mask = attention.MaskShape is { } shape ? tensor(attention.Mask, [.. shape]) : null;
        Tensor output = nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: attention.Causal);
        return (attention.Name, output.transpose(1, 2).contiguous().data<float>().ToArray());
    }

    private static Tensor HeadsFirst(float[] elements, TensorShape shape) => tensor(elements, [.. shape]).transpose(1, 2);
}
