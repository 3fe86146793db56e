namespace AttentionKernels.MicroKernels;

/// <summary>Σ g and Σ g·x̂ over the gradients g = dy·w of a row of normalised values x̂: what the gradient of a norm is made of.</summary>
internal struct GradientSums
{
    /// <summary>Σ g.</summary>
    public float Sum;

    /// <summary>Σ g·x̂.</summary>
    public float Products;
}
