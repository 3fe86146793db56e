using AttentionKernels.Devices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>Batch norm.</content>
public static partial class NormalizationOperations
{
    /// <summary>
    /// y = (x − mean_c) / √(var_c + ε) · w_c + b_c with the mean and the biased variance of each channel c over the batch, and the running
    /// statistics r ← (1 − momentum)·r + momentum·(mean_c, unbiased var_c). Queues the computation.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …]; each channel has at least 2 values, or none at all, and then nothing is
    /// done.</param>
    /// <param name="weight">[channels]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[channels]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="runningMean">[channels], updated; a mean is right to its last bits, however small it is beside the deviation.</param>
    /// <param name="runningVariance">[channels], updated.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="momentum">The momentum, from 0 to 1.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="savedMean">[channels], receives the means of the batch, for a backward pass; not stored where
    /// <see langword="null"/>.</param>
    /// <param name="savedInverseDeviation">[channels], receives 1 / √(var_c + ε), likewise.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
    /// number is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormTraining(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output,
        float momentum = 0.1f, float epsilon = 1e-5f, TensorView<float>? savedMean = null, TensorView<float>? savedInverseDeviation = null,
        KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, weight, bias, runningMean, runningVariance, output, epsilon);
        if (!(momentum >= 0f && momentum <= 1f))
            throw new ArgumentException($"The momentum is {momentum}; it must be from 0 to 1.", nameof(momentum));
        if (arguments.Channels > 0 && arguments.Count == 1)
        {
            throw new ArgumentException(
                $"The input has shape {input.Shape}, with 1 value a channel; training needs at least 2 for a variance.", nameof(input));
        }

        Results(device, runningMean, arguments.Channels, nameof(runningMean),
            (input, nameof(input)), (weight, nameof(weight)), (bias, nameof(bias)));
        Results(device, runningVariance, arguments.Channels, nameof(runningVariance),
            (input, nameof(input)), (weight, nameof(weight)), (bias, nameof(bias)), (runningMean, nameof(runningMean)));
        arguments.Momentum = momentum;
        arguments.SavedMean = savedMean is { } mean
            ? Results(device, mean, arguments.Channels, nameof(savedMean),
                (input, nameof(input)), (output, nameof(output)), (weight, nameof(weight)), (bias, nameof(bias)),
                (runningMean, nameof(runningMean)), (runningVariance, nameof(runningVariance)))
            : Empty(input);
        arguments.SavedInverseDeviation = savedInverseDeviation is { } deviation
            ? Results(device, deviation, arguments.Channels, nameof(savedInverseDeviation),
                (input, nameof(input)), (output, nameof(output)), (weight, nameof(weight)), (bias, nameof(bias)),
                (runningMean, nameof(runningMean)), (runningVariance, nameof(runningVariance)), (savedMean, nameof(savedMean)))
            : Empty(input);
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        long channels = input.ElementCount == 0 ? 0 : arguments.Channels;
        if (bias is not null)
            BatchNormModule<WeightAndBias>.RunTraining(device, schedule, target, arguments, channels);
        else if (weight is not null)
            BatchNormModule<WeightOnly>.RunTraining(device, schedule, target, arguments, channels);
        else
            BatchNormModule<NoAffine>.RunTraining(device, schedule, target, arguments, channels);
    }

    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c for each channel c. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Dense [batch, channels, …].</param>
    /// <param name="weight">[channels]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[channels]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="runningMean">[channels].</param>
    /// <param name="runningVariance">[channels].</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or ε is
    /// out of range.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void BatchNormInference(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output,
        float epsilon = 1e-5f, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, weight, bias, runningMean, runningVariance, output, epsilon);
        arguments.SavedMean = Empty(input);
        arguments.SavedInverseDeviation = Empty(input);
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (input.ElementCount == 0)
            return;
        if (bias is not null)
            BatchNormModule<WeightAndBias>.RunInference(device, target, arguments);
        else if (weight is not null)
            BatchNormModule<WeightOnly>.RunInference(device, target, arguments);
        else
            BatchNormModule<NoAffine>.RunInference(device, target, arguments);
    }

    private static BatchNormArguments CheckChannels(
        AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias,
        TensorView<float> runningMean, TensorView<float> runningVariance, TensorView<float> output, float epsilon)
    {
        ArgumentNullException.ThrowIfNull(device);
        CheckEpsilon(epsilon);
        if (input.Shape.Rank < 2 || input.Shape[0] > int.MaxValue || input.Shape[1] > int.MaxValue)
            throw new ArgumentException($"The shape of 'input' is {input.Shape}; it must be [batch, channels, …].", nameof(input));
        if (input.ElementCount > 0 && input.ElementCount / input.Shape[0] / input.Shape[1] > int.MaxValue)
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input.Shape}; a channel of a sample must have at most {int.MaxValue} values.", nameof(input));
        }

        input.CheckUsable(device, nameof(input));
        input.CheckDense(nameof(input));
        output.CheckOutput(device, input.Shape, nameof(output));
        output.CheckDense(nameof(output));
        output.CheckDisjointOrSame(nameof(output), input, nameof(input));
        int channels = (int)input.Shape[1];
        long spatial = 1;
        for (int dimension = 2; dimension < input.Shape.Rank; dimension++)
            spatial *= input.Shape[dimension];
        (ArrayView<float> weights, ArrayView<float> biases) = Affine(device, weight, bias, channels, output, input.Data);
        return new BatchNormArguments
        {
            Input = input.Data,
            Output = output.Data,
            Weight = weights,
            Bias = biases,
            RunningMean = Features(device, runningMean, channels, nameof(runningMean), output),
            RunningVariance = Features(device, runningVariance, channels, nameof(runningVariance), output),
            Batch = (int)input.Shape[0],
            Channels = channels,
            Spatial = spatial,
            Epsilon = epsilon,
        };
    }

    private static ArrayView<float> Results(
        AttentionDevice device, TensorView<float> view, int channels, string name,
        params ReadOnlySpan<(TensorView<float>? View, string Name)> others)
    {
        view.CheckOutput(device, [channels], name);
        foreach ((TensorView<float>? other, string otherName) in others)
        {
            if (other is { } given)
                view.CheckDisjoint(name, given, otherName);
        }

        return view.Data;
    }

    private static ArrayView<float> Empty(TensorView<float> view) => view.Data.SubView(0, 0);
}
