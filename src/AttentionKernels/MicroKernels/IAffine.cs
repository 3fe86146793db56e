using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>Policy type: the weight and bias of a normalised value.</summary>
internal interface IAffine
{
    /// <summary>Whether there is a weight for each feature.</summary>
    static abstract bool HasWeight { get; }

    /// <summary>Whether there is a bias for each feature.</summary>
    static abstract bool HasBias { get; }

    /// <summary>Whether weights are stored as offsets from 1.</summary>
    static abstract bool IsFromOne { get; }

    /// <summary>Whether all elements of a row share one weight and one bias: those of a channel.</summary>
    static abstract bool IsShared { get; }

    /// <summary>The value with the weight and bias of its feature applied.</summary>
    static abstract float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature);
}

/// <summary>Neither weight nor bias.</summary>
internal readonly struct NoAffine : IAffine
{
    public static bool HasWeight => false;

    public static bool HasBias => false;

    public static bool IsShared => false;

    public static bool IsFromOne => false;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) => value;
}

/// <summary>A weight for each feature.</summary>
internal readonly struct WeightOnly : IAffine
{
    public static bool HasWeight => true;

    public static bool HasBias => false;

    public static bool IsShared => false;

    public static bool IsFromOne => false;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) => value * weight[feature];
}

/// <summary>A weight for each feature, stored as an offset from 1.</summary>
internal readonly struct WeightFromOne : IAffine
{
    public static bool HasWeight => true;

    public static bool HasBias => false;

    public static bool IsShared => false;

    public static bool IsFromOne => true;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) => value * (weight[feature] + 1f);
}

/// <summary>A weight and a bias for each feature.</summary>
internal readonly struct WeightAndBias : IAffine
{
    public static bool HasWeight => true;

    public static bool HasBias => true;

    public static bool IsShared => false;

    public static bool IsFromOne => false;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) =>
        FusedMultiplyAdd.Fma(value, weight[feature], bias[feature]);
}

/// <summary>A weight for each row.</summary>
internal readonly struct SharedWeight : IAffine
{
    public static bool HasWeight => true;

    public static bool HasBias => false;

    public static bool IsFromOne => false;

    public static bool IsShared => true;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) =>
        WeightOnly.Apply(value, weight, bias, feature);
}

/// <summary>A weight and a bias for each row.</summary>
internal readonly struct SharedWeightAndBias : IAffine
{
    public static bool HasWeight => true;

    public static bool HasBias => true;

    public static bool IsFromOne => false;

    public static bool IsShared => true;

    public static float Apply(float value, ArrayView<float> weight, ArrayView<float> bias, long feature) =>
        WeightAndBias.Apply(value, weight, bias, feature);
}
