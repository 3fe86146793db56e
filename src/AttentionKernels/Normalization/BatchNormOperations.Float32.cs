using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>Of fp32.</content>
public static partial class BatchNormOperations
{
    /// <summary>
    /// y = (x − mean_c) / √(var_c + ε) · w_c + b_c with the mean and the biased variance of each channel c over the batch, and the running
    /// statistics r ← (1 − momentum)·r + momentum·(mean_c, unbiased var_c). Queues the computation.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …]; each channel has at least 2 values, or none at all, and then nothing is
    /// done.</param>
    /// <param name="channels">Weight, bias and running statistics, which are updated; what is saved for a backward pass.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="momentum">The momentum, from 0 to 1.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
    /// number is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormTraining(
        this AttentionDevice device, TensorView<float> input, BatchNormChannels channels, TensorView<float> output,
        float momentum = 0.1f, float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null) =>
        device.BatchNormTraining(input, channels, output, NumberFormat.Float32, momentum, epsilon, schedule, stream);

    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c for each channel c. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …].</param>
    /// <param name="channels">Weight, bias and running statistics; nothing is saved.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or ε is
    /// out of range.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormInference(
        this AttentionDevice device, TensorView<float> input, BatchNormChannels channels, TensorView<float> output,
        float epsilon = 1e-5f, AcceleratorStream? stream = null) =>
        device.BatchNormInference(input, channels, output, NumberFormat.Float32, epsilon, stream);

    /// <summary>As the other overload, of fp32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …].</param>
    /// <param name="groups">How many groups the channels are divided into; as many as channels give instance norm.</param>
    /// <param name="weight">[channels]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[channels]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
    /// number is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void GroupNorm(
        this AttentionDevice device, TensorView<float> input, int groups, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> output, NormOptions? options = null, AcceleratorStream? stream = null) =>
        device.GroupNorm(input, groups, weight, bias, output, NumberFormat.Float32, options, stream);
}
