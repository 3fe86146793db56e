namespace AttentionKernels;

/// <summary>What batch norm has of each channel c: weight w_c and bias b_c, and the running statistics.</summary>
/// <example>
/// <code>
/// using Tensor&lt;float> input = device.Allocate&lt;float>([8, 64, 14, 14]), output = device.Allocate&lt;float>(input.Shape);
/// using Tensor&lt;float> runningMean = device.Allocate&lt;float>([64]);
/// using Tensor&lt;float> runningVariance = device.Allocate&lt;float>(runningMean.Shape);
/// using Tensor&lt;float> weight = device.Allocate&lt;float>(runningMean.Shape);
/// using Tensor&lt;float> bias = device.Allocate&lt;float>(runningMean.Shape);
/// var channels = new BatchNormChannels(runningMean, runningVariance) { Weight = weight.View, Bias = bias.View };
/// device.BatchNormTraining(input, channels, output);
/// device.BatchNormInference(input, channels, output);
/// </code>
/// </example>
public readonly struct BatchNormChannels
{
    /// <summary>Running statistics, without weight and bias.</summary>
    /// <param name="runningMean">[channels].</param>
    /// <param name="runningVariance">[channels].</param>
    public BatchNormChannels(TensorView<float> runningMean, TensorView<float> runningVariance)
    {
        RunningMean = runningMean;
        RunningVariance = runningVariance;
    }

    /// <summary>[channels]. Training updates them; a mean is right to its last bits, however small it is beside the deviation.</summary>
    public TensorView<float> RunningMean { get; init; }

    /// <summary>[channels]. Training updates them, by the unbiased variance of the batch.</summary>
    public TensorView<float> RunningVariance { get; init; }

    /// <summary>w [channels]; 1 where <see langword="null"/>.</summary>
    public TensorView<float>? Weight { get; init; }

    /// <summary>b [channels]; 0 where <see langword="null"/>. A bias needs a weight.</summary>
    public TensorView<float>? Bias { get; init; }

    /// <summary>Training stores the means of the batch here, [channels], for a backward pass; not where <see langword="null"/>.</summary>
    public TensorView<float>? SavedMean { get; init; }

    /// <summary>Training stores 1 / √(var_c + ε) here, [channels], for a backward pass; not where <see langword="null"/>.</summary>
    public TensorView<float>? SavedInverseDeviation { get; init; }
}
