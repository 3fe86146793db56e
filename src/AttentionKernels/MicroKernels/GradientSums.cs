namespace AttentionKernels.MicroKernels;

/// <summary>Σ g and Σ g·x̂ over the gradients g = dy·w of a row of normalised values x̂: what the gradient of a norm is made of.</summary>
internal struct GradientSums
{
    /// <summary>OpenCL C of <see cref="StrideOf"/> count features.</summary>
    public const string OpenClStride = "(count + 3) & ~3";

    /// <summary>Σ g.</summary>
    public float Sum;

    /// <summary>Σ g·x̂.</summary>
    public float Products;

    /// <summary>How far apart rows of sums of some features lie: whole fours.</summary>
    public static int StrideOf(int features) => (features + 3) & ~3;
}
