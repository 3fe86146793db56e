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
        float momentum = 0.1f, float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, channels, output, epsilon);
        if (!(momentum >= 0f && momentum <= 1f))
            throw new ArgumentException($"The momentum is {momentum}; it must be from 0 to 1.", nameof(momentum));
        if (arguments.Channels > 0 && arguments.Count == 1)
        {
            throw new ArgumentException(
                $"The input has shape {input.Shape}, with 1 value a channel; training needs at least 2 for a variance.", nameof(input));
        }

        CheckResults(device, arguments.Channels, (input, nameof(input)), (output, nameof(output)), channels);
        arguments.Momentum = momentum;
        arguments.SavedMean = channels.SavedMean?.Data ?? Empty(input);
        arguments.SavedInverseDeviation = channels.SavedInverseDeviation?.Data ?? Empty(input);
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        long tiles = input.ElementCount == 0 ? 0 : arguments.Channels;
        if (channels.Bias is not null)
            BatchNormModule<WeightAndBias>.RunTraining(device, schedule, target, arguments, tiles);
        else if (channels.Weight is not null)
            BatchNormModule<WeightOnly>.RunTraining(device, schedule, target, arguments, tiles);
        else
            BatchNormModule<NoAffine>.RunTraining(device, schedule, target, arguments, tiles);
    }

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
        float epsilon = 1e-5f, AcceleratorStream? stream = null)
    {
        BatchNormArguments arguments = CheckChannels(device, input, channels, output, epsilon);
        arguments.SavedMean = Empty(input);
        arguments.SavedInverseDeviation = Empty(input);
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (input.ElementCount == 0)
            return;
        if (channels.Bias is not null)
            BatchNormModule<WeightAndBias>.RunInference(device, target, arguments);
        else if (channels.Weight is not null)
            BatchNormModule<WeightOnly>.RunInference(device, target, arguments);
        else
            BatchNormModule<NoAffine>.RunInference(device, target, arguments);
    }

    private static BatchNormArguments CheckChannels(
        AttentionDevice device, TensorView<float> input, BatchNormChannels channels, TensorView<float> output, float epsilon)
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
        int count = (int)input.Shape[1];
        long spatial = 1;
        for (int dimension = 2; dimension < input.Shape.Rank; dimension++)
            spatial *= input.Shape[dimension];
        (ArrayView<float> weights, ArrayView<float> biases) = Affine(
            device, (channels.Weight, "channels.Weight"), (channels.Bias, "channels.Bias"), count, output, input.Data);
        return new BatchNormArguments
        {
            Input = input.Data,
            Output = output.Data,
            Weight = weights,
            Bias = biases,
            RunningMean = Features(device, channels.RunningMean, count, "channels.RunningMean", output),
            RunningVariance = Features(device, channels.RunningVariance, count, "channels.RunningVariance", output),
            Batch = (int)input.Shape[0],
            Channels = count,
            Spatial = spatial,
            Epsilon = epsilon,
        };
    }

    // What training writes of the channels overlaps nothing that is read or written besides.
    private static void CheckResults(
        AttentionDevice device, int count, (TensorView<float>? View, string Name) input, (TensorView<float>? View, string Name) output,
        BatchNormChannels channels)
    {
        ReadOnlySpan<(TensorView<float>? View, string Name)> views =
        [
            input, output, (channels.Weight, "channels.Weight"), (channels.Bias, "channels.Bias"),
            (channels.RunningMean, "channels.RunningMean"), (channels.RunningVariance, "channels.RunningVariance"),
            (channels.SavedMean, "channels.SavedMean"), (channels.SavedInverseDeviation, "channels.SavedInverseDeviation"),
        ];
        for (int index = 4; index < views.Length; index++)
        {
            if (views[index].View is not { } result)
                continue;
            result.CheckOutput(device, [count], views[index].Name);
            foreach ((TensorView<float>? other, string name) in views[..index])
            {
                if (other is { } given)
                    result.CheckDisjoint(views[index].Name, given.Footprint, name);
            }
        }
    }

    private static ArrayView<float> Empty(TensorView<float> view) => view.Data.SubView(0, 0);
}
