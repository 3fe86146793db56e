namespace AttentionKernels.MicroKernels;

/// <summary>How gradients pass through a norm: dx = (g − mean − x̂·correlation)·factor for g = dy·weight.</summary>
internal struct NormSlope
{
    /// <summary>1 / √(var + ε).</summary>
    public float Factor;

    /// <summary>mean(g), or 0 where the norm subtracts no mean.</summary>
    public float Mean;

    /// <summary>mean(g·x̂).</summary>
    public float Correlation;

    /// <summary>The weight that all values share; 1 where each feature has its own, or none.</summary>
    public float Weight;

    /// <summary>The gradient of a value.</summary>
    public readonly float Apply(float gradient, float normalized) =>
        FusedMultiplyAdd.Fma(-normalized, Correlation, gradient - Mean) * Factor;
}
