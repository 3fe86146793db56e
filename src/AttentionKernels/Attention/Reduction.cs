namespace AttentionKernels;

/// <summary>In which order the parts of a row are added.</summary>
public enum Reduction
{
    /// <summary>As the device is kept busiest: how the keys are split depends on the whole batch.</summary>
    Fastest,

    /// <summary>
    /// Keys are split every 512, and only of sequences with few queries, whatever the batch and the plan's maxima: on one device, a
    /// sequence gives the same bits alone and in any batch.
    /// </summary>
    BatchInvariant,
}
