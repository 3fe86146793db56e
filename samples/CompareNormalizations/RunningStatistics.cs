namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>Running mean and variance of each feature, on a device.</summary>
internal sealed class RunningStatistics : IDisposable
{
    private readonly Tensor<float> mean, variance;

    /// <summary>Statistics that begin with given ones.</summary>
    public RunningStatistics(AttentionDevice device, IReadOnlyList<double> mean, IReadOnlyList<double> variance)
    {
        this.mean = device.Upload([.. mean.Select(value => (float)value)], [mean.Count]);
        this.variance = device.Upload([.. variance.Select(value => (float)value)], [variance.Count]);
    }

    /// <summary>Statistics before any training: mean 0, variance 1.</summary>
    public RunningStatistics(AttentionDevice device, int features)
        : this(device, new double[features], [.. Enumerable.Repeat(1.0, features)])
    {
    }

    /// <summary>What batch norm is handed.</summary>
    public BatchNormChannels Channels => new(mean, variance);

    /// <inheritdoc/>
    public void Dispose()
    {
        mean.Dispose();
        variance.Dispose();
    }
}
