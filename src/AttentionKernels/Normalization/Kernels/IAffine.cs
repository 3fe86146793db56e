using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What a normalised value is multiplied by and shifted by, as a compile-time choice.</summary>
internal interface IAffine
{
    /// <summary>The value with the weight and bias of its feature applied.</summary>
    static abstract float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature);
}

/// <summary>Neither weight nor bias.</summary>
internal readonly struct NoAffine : IAffine
{
    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) => value;
}

/// <summary>A weight for each feature.</summary>
internal readonly struct WeightOnly : IAffine
{
    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) => value * weight[feature];
}

/// <summary>A weight and a bias for each feature.</summary>
internal readonly struct WeightAndBias : IAffine
{
    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) =>
        FusedMultiplyAdd.Fma(value, weight[feature], bias[feature]);
}
