namespace AttentionKernels.MicroKernels;

/// <summary>How values are brought to mean 0 and deviation 1: x → ((x·scale − center) − offset)·inverse.</summary>
/// <remarks>
/// Center is near the mean, so x·scale − center has hardly anything to round where the mean is far from zero; offset is what the mean is
/// away from it. Scale is a power of two.
/// </remarks>
internal struct Standardization
{
    public float Scale;
    public float Center;
    public float Offset;
    public float Inverse;

    /// <summary>The value at mean 0 and deviation 1.</summary>
    public readonly float Apply(float value) => (FusedMultiplyAdd.Fma(value, Scale, -Center) - Offset) * Inverse;
}
