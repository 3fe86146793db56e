using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Channels of dense tensors [batch, channels, spatial], their weights, biases and statistics.</summary>
internal struct NormChannels
{
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

    /// <summary>Groups of channels, of as many each.</summary>
    public int Groups;
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

    /// <summary>The channel of a plane, counted over all samples.</summary>
    public readonly int ChannelOf(long plane) => Division.Of(plane, Channels).Remainder;

    /// <summary>The values of a channel.</summary>
    public readonly NormalizedValues ValuesOf(long channel) => new()
    {
        First = Plane(0, channel),
        PlaneLength = (int)Spatial,
        PlaneStride = Channels * Spatial,
        Planes = Batch,
    };

    /// <summary>Channels of a group.</summary>
    public readonly int ChannelsOfGroup => Channels / Groups;

    /// <summary>The first channel of a group, counted over all samples.</summary>
    public readonly int FirstOfGroup(long group) => Division.Of(group, Groups).Remainder * ChannelsOfGroup;

    /// <summary>The values of a group, counted over all samples: a plane for each of its channels, one behind the other.</summary>
    public readonly NormalizedValues ValuesOfGroup(long group) => new()
    {
        First = group * ChannelsOfGroup * Spatial,
        PlaneLength = (int)Spatial,
        PlaneStride = Spatial,
        Planes = ChannelsOfGroup,
    };

    /// <summary>How inference brings a channel's values to mean 0 and deviation 1: halved, lest differences of numbers of opposite sign
    /// overflow.</summary>
    public readonly Standardization RunningStandardization(long channel) => new()
    {
        Scale = 0.5f,
        Center = 0.5f * RunningMean[channel],
        Inverse = 2f / MathF.Sqrt(RunningVariance[channel] + Epsilon),
    };

    /// <summary>Updates a channel's running statistics, the variance by the unbiased one of the batch, and keeps those of the
    /// batch.</summary>
    /// <remarks>The scale goes last: a part of a variance may be in the range of fp32 where the variance is not.</remarks>
    public readonly void StoreStatistics(long channel, float mean, Moments moments, Standardization by)
    {
        float unscale = 1f / moments.Scale;
        float unbiased = moments.Variance * (Count / (Count - 1f));
        RunningMean[channel] = ((1f - Momentum) * RunningMean[channel]) + (Momentum * mean);
        RunningVariance[channel] = ((1f - Momentum) * RunningVariance[channel]) + (Momentum * unbiased * unscale * unscale);
        if (SavedMean.Length > 0)
            SavedMean[channel] = mean;
        if (SavedInverseDeviation.Length > 0)
            SavedInverseDeviation[channel] = by.Inverse * by.Scale;
    }
}
