namespace AttentionKernels.Simd;

/// <summary>From a device's number of lanes to the vector that kernels take it as.</summary>
internal static class Vectors
{
    /// <summary>The vector of so many lanes.</summary>
    public static Type Of(int lanes) => lanes switch
    {
        16 => typeof(Fp32x16),
        8 => typeof(Fp32x8),
        _ => typeof(Fp32x4),
    };
}
