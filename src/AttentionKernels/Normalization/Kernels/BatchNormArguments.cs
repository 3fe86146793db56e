using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What the batch-norm kernels take; the tensors are dense [batch, channels, spatial].</summary>
internal struct BatchNormArguments
{
    [KernelInput]
    public ArrayView<float> Input;
    public ArrayView<float> Output;

    /// <summary>[channels]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Weight;

    /// <summary>[channels]; any memory where the kernel has none.</summary>
    [KernelInput]
    public ArrayView<float> Bias;

    /// <summary>[channels]; training updates them, inference normalises by them.</summary>
    public ArrayView<float> RunningMean;

    public ArrayView<float> RunningVariance;

    /// <summary>[channels], or empty where they are not asked for; for a backward pass.</summary>
    public ArrayView<float> SavedMean;

    public ArrayView<float> SavedInverseDeviation;
    public int Batch;
    public int Channels;
    public long Spatial;
    public float Epsilon;

    /// <summary>How much of the running statistics a training step replaces.</summary>
    public float Momentum;

    /// <summary>Inference on a processor: how many planes a tile computes; one, or those of a whole sample.</summary>
    public int PlanesPerTile;

    /// <summary>Values of a channel over the whole batch.</summary>
    public readonly long Count => Batch * Spatial;

    /// <summary>The offset of a channel's values in a sample.</summary>
    public readonly long Plane(int batch, long channel) => (((long)batch * Channels) + channel) * Spatial;

    /// <summary>The offset of the n-th value of a channel.</summary>
    public readonly long Offset(long channel, long n) => ((((n / Spatial) * Channels) + channel) * Spatial) + (n % Spatial);

    /// <summary>Updates a channel's running statistics, the variance by the unbiased one of the batch, and keeps those of the batch.</summary>
    public readonly void StoreStatistics(long channel, float mean, float squares, float inverse)
    {
        RunningMean[channel] = ((1f - Momentum) * RunningMean[channel]) + (Momentum * mean);
        RunningVariance[channel] = ((1f - Momentum) * RunningVariance[channel]) + (Momentum * (squares / (Count - 1)));
        if (SavedMean.Length > 0)
            SavedMean[channel] = mean;
        if (SavedInverseDeviation.Length > 0)
            SavedInverseDeviation[channel] = inverse;
    }
}
