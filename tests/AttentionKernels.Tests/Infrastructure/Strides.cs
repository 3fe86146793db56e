namespace AttentionKernels.Tests.Infrastructure;

/// <summary>Strides of tensors that are not dense.</summary>
internal static class Strides
{
    /// <summary>Dense but for <paramref name="padding"/> elements behind every index of <paramref name="dimension"/>.</summary>
    public static TensorShape Padded(TensorShape shape, int dimension, int padding)
    {
        long[] strides = [.. shape.DenseStrides()];
        strides[dimension] += padding;
        for (int outer = dimension - 1; outer >= 0; outer--)
            strides[outer] = strides[outer + 1] * Math.Max(1, shape[outer + 1]);
        return TensorShape.Create(strides);
    }

    /// <summary>For [batch, tokens, heads, headDim], stored as [batch, heads, tokens, headDim] without gaps.</summary>
    public static TensorShape HeadsFirst(TensorShape shape)
    {
        TensorShape stored = TensorShape.Create([shape[0], shape[2], shape[1], shape[3]]).DenseStrides();
        return [stored[0], stored[2], stored[1], stored[3]];
    }
}
