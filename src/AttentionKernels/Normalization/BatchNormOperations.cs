using AttentionKernels.Normalization;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Batch and group norm on a device.</summary>
/// <remarks>Kernels compute in fp32, whatever the format of input and output, and round each result once. Weights, biases and statistics
/// are fp32.</remarks>
public static partial class BatchNormOperations
{
    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>As the other overload, of input and output of any format.</summary>
        /// <param name="input">Dense [batch, channels, …]; each channel has at least 2 values, or none at all, and then nothing is
        /// done.</param>
        /// <param name="channels">Weight, bias and running statistics, which are updated; what is saved for a backward pass.</param>
        /// <param name="output">Like the input; may be the input itself.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="momentum">The momentum, from 0 to 1.</param>
        /// <param name="epsilon">ε; positive and finite.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
        /// number is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> images = device.Allocate&lt;Half>([8, 64, 14, 14]), output = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;float> runningMean = device.Allocate&lt;float>([64]);
        /// using Tensor&lt;float> runningVariance = device.Allocate&lt;float>(runningMean.Shape);
        /// var channels = new BatchNormChannels(runningMean, runningVariance);
        /// device.BatchNormTraining(images, channels, output, NumberFormat.Float16, momentum: 0.1f);
        /// </code>
        /// </example>
        public void BatchNormTraining(
            TensorView<T> input, BatchNormChannels channels, TensorView<T> output, NumberFormat<T> format, float momentum = 0.1f,
            float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
        {
            NormChannels task = device.CheckChannels(input, channels, output, format, epsilon);
            if (!(momentum >= 0f && momentum <= 1f))
                throw new ArgumentException($"The momentum is {momentum}; it must be from 0 to 1.", nameof(momentum));
            NormChecks.Count(task, input.Shape);
            NormChecks.Results(
                device, task.Channels,
                [
                    (input.Footprint, nameof(input)), (channels.Weight?.Footprint, "channels.Weight"),
                    (channels.Bias?.Footprint, "channels.Bias"),
                ],
                (output.Footprint, nameof(output)),
                [
                    (channels.RunningMean, "channels.RunningMean"), (channels.RunningVariance, "channels.RunningVariance"),
                    (channels.SavedMean, "channels.SavedMean"), (channels.SavedInverseDeviation, "channels.SavedInverseDeviation"),
                ]);
            task.Momentum = momentum;
            task.SavedMean = channels.SavedMean?.Data ?? task.SavedMean;
            task.SavedInverseDeviation = channels.SavedInverseDeviation?.Data ?? task.SavedInverseDeviation;
            NormCall call = device.Call(input, output, format, stream);
            BatchNorms(format, channels).Train(call, schedule, task);
        }

        /// <summary>As the other overload, of input and output of any format.</summary>
        /// <param name="input">Dense [batch, channels, …].</param>
        /// <param name="channels">Weight, bias and running statistics; nothing is saved.</param>
        /// <param name="output">Like the input; may be the input itself.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="epsilon">ε; positive and finite.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or ε
        /// is out of range.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> images = device.Allocate&lt;Half>([8, 64, 14, 14]), output = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;float> mean = device.Allocate&lt;float>([64]), variance = device.Allocate&lt;float>(mean.Shape);
        /// device.BatchNormInference(images, new BatchNormChannels(mean, variance), output, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void BatchNormInference(
            TensorView<T> input, BatchNormChannels channels, TensorView<T> output, NumberFormat<T> format,
            float epsilon = 1e-5f, AcceleratorStream? stream = null)
        {
            NormChannels task = device.CheckChannels(input, channels, output, format, epsilon);
            NormCall call = device.Call(input, output, format, stream);
            if (input.ElementCount > 0)
                BatchNorms(format, channels).Infer(call, task);
        }

        /// <summary>
        /// The gradients of batch norm by the batch, for each channel c: dx = (dy − mean(dy) − x̂·mean(dy·x̂))·w_c / √(var_c + ε) with the
        /// normalised x̂, dw_c = Σ dy·x̂ and db_c = Σ dy, in a fixed order. Moments are computed anew: a mean in fp32, far from zero, is
        /// not as exact as the values. Queues the computation.
        /// </summary>
        /// <param name="input">x, dense [batch, channels, …]; each channel has at least 2 values, or none at all.</param>
        /// <param name="weight">w [channels], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="outputGradient">dy, like the input.</param>
        /// <param name="inputGradient">dx, like the input; overlaps no other tensor.</param>
        /// <param name="features">dw and db [channels].</param>
        /// <param name="format">How the input is stored, and the gradients that are like it.</param>
        /// <param name="options">ε of the forward pass; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; a
        /// number is out of range; or a gradient is asked for of what the norm has not.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> input = device.Allocate&lt;float>([8, 64, 14, 14]);
        /// using Tensor&lt;float> outputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> inputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
        /// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(weight.Shape);
        /// var features = new FeatureGradients(weightGradient, biasGradient);
        /// device.BatchNormTrainingBackward(input, weight, outputGradient, inputGradient, features, NumberFormat.Float32);
        /// </code>
        /// </example>
        public void BatchNormTrainingBackward(
            TensorView<T> input, TensorView<float>? weight, TensorView<T> outputGradient, TensorView<T> inputGradient,
            FeatureGradients features, NumberFormat<T> format, NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            var gradients = new NormBackwardPlan<T>.Gradients(device, input, outputGradient, inputGradient, features);
            NormChannels task = gradients.CheckChannels((weight, nameof(weight)), format, chosen);
            NormChecks.Count(task, input.Shape);
            Norms.Of(format, weight is null ? NormKind.Batch : NormKind.BatchWeighted)
                .ChannelsBackward(gradients.Call(stream), chosen.Schedule, task);
        }

        /// <summary>
        /// The gradients of batch norm by running statistics, for each channel c: dx = dy·w_c / √(runningVariance_c + ε), dw_c = Σ dy·x̂
        /// with the normalised x̂, and db_c = Σ dy, in a fixed order. Queues the computation.
        /// </summary>
        /// <param name="input">x, dense [batch, channels, …].</param>
        /// <param name="channels">Weight and running statistics; a bias and what is saved are not read.</param>
        /// <param name="outputGradient">dy, like the input.</param>
        /// <param name="inputGradient">dx, like the input; overlaps no other tensor.</param>
        /// <param name="features">dw and db [channels].</param>
        /// <param name="format">How the input is stored, and the gradients that are like it.</param>
        /// <param name="options">ε of the forward pass; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">As for training.</exception>
        /// <exception cref="NotSupportedException">As for training.</exception>
        /// <exception cref="ObjectDisposedException">As for training.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> input = device.Allocate&lt;float>([8, 64, 14, 14]);
        /// using Tensor&lt;float> outputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> inputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> mean = device.Allocate&lt;float>([64]), variance = device.Allocate&lt;float>(mean.Shape);
        /// using Tensor&lt;float> weightGradient = device.Allocate&lt;float>(mean.Shape);
        /// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(mean.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>(mean.Shape);
        /// var channels = new BatchNormChannels(mean, variance) { Weight = weight.View };
        /// var features = new FeatureGradients(weightGradient, biasGradient);
        /// device.BatchNormInferenceBackward(input, channels, outputGradient, inputGradient, features, NumberFormat.Float32);
        /// </code>
        /// </example>
        public void BatchNormInferenceBackward(
            TensorView<T> input, BatchNormChannels channels, TensorView<T> outputGradient, TensorView<T> inputGradient,
            FeatureGradients features, NumberFormat<T> format, NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            var gradients = new NormBackwardPlan<T>.Gradients(device, input, outputGradient, inputGradient, features);
            NormChannels task = gradients.CheckChannels((channels.Weight, "channels.Weight"), format, chosen);
            task.RunningMean = gradients.CheckStatistics(channels.RunningMean, task.Channels, "channels.RunningMean");
            task.RunningVariance = gradients.CheckStatistics(channels.RunningVariance, task.Channels, "channels.RunningVariance");
            Norms.Of(format, channels.Weight is null ? NormKind.BatchGiven : NormKind.BatchGivenWeighted)
                .ChannelsBackward(gradients.Call(stream), chosen.Schedule, task);
        }

        /// <summary>
        /// y = (x − mean) / √(var + ε) · w_c + b_c with the mean and the biased variance of each group of neighbouring channels in each
        /// sample. Queues the computation.
        /// </summary>
        /// <param name="input">Dense [batch, channels, …].</param>
        /// <param name="groups">How many groups the channels are divided into; at least 1, and a divisor of channels. As many as channels
        /// give instance norm, 1 layer norm over the whole sample.</param>
        /// <param name="weight">w [channels], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="bias">b [channels], fp32; 0 where <see langword="null"/>. A bias needs a weight.</param>
        /// <param name="output">Like the input; may be the input itself.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps an output; or a
        /// number is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <remarks>Wu and He, "Group normalization", 2018.</remarks>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> images = device.Allocate&lt;Half>([8, 64, 14, 14]), output = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// device.GroupNorm(images, groups: 32, weight.View, bias.View, output, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void GroupNorm(
            TensorView<T> input, int groups, TensorView<float>? weight, TensorView<float>? bias, TensorView<T> output,
            NumberFormat<T> format, NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormChannels task = device.CheckPlanes(input, (output, nameof(output)), format, (chosen.Epsilon, nameof(options)));
            NormChecks.NotFromOne(chosen);
            NormChecks.Groups(groups, task.Channels);
            task.Groups = groups;
            (task.Weight, task.Bias) = NormChecks.Affine(
                device, (weight, nameof(weight)), (bias, nameof(bias)), task.Channels, output.Footprint, task.Weight);
            NormCall call = device.Call(input, output, format, stream);
            NormKind kind = bias is not null ? NormKind.GroupAffine : weight is not null ? NormKind.GroupWeighted : NormKind.Group;
            Norms.Of(format, kind).RunGroups(call, chosen.Schedule, task);
        }

        private NormChannels CheckChannels(
            TensorView<T> input, BatchNormChannels channels, TensorView<T> output, NumberFormat<T> format, float epsilon)
        {
            NormChannels task = device.CheckPlanes(input, (output, nameof(output)), format, (epsilon, nameof(epsilon)));
            Footprint written = output.Footprint;
            (task.Weight, task.Bias) = NormChecks.Affine(
                device, (channels.Weight, "channels.Weight"), (channels.Bias, "channels.Bias"), task.Channels, written, task.Weight);
            int count = task.Channels;
            task.RunningMean = NormChecks.Features(device, channels.RunningMean, count, "channels.RunningMean", written);
            task.RunningVariance = NormChecks.Features(device, channels.RunningVariance, count, "channels.RunningVariance", written);
            return task;
        }

        /// <summary>The channels of tensors, without their numbers: drivers want real memory in their place.</summary>
        internal NormChannels CheckPlanes(
            TensorView<T> input, (TensorView<T> View, string Name) output, NumberFormat<T> format, (float Value, string Name) epsilon)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            NormChecks.Epsilon(epsilon.Value, epsilon.Name);
            if (input.Shape.Rank < 2 || input.Shape[0] > int.MaxValue || input.Shape[1] > int.MaxValue)
                throw new ArgumentException($"The shape of 'input' is {input.Shape}; it must be [batch, channels, …].", nameof(input));
            if (input.ElementCount > 0 && input.ElementCount / input.Shape[0] / input.Shape[1] > int.MaxValue)
            {
                throw new ArgumentException(
                    $"The shape of 'input' is {input.Shape}; a channel of a sample must have at most {int.MaxValue} values.",
                    nameof(input));
            }

            input.CheckUsable(device, nameof(input));
            input.CheckDense(nameof(input));
            output.View.CheckOutput(device, input.Shape, output.Name);
            output.View.CheckDense(output.Name);
            output.View.CheckDisjointOrSame(output.Name, input, nameof(input));
            long spatial = 1;
            for (int dimension = 2; dimension < input.Shape.Rank; dimension++)
                spatial *= input.Shape[dimension];
            ArrayView<float> none = input.Data.SubView(0, 0).Cast<float>();
            return new NormChannels
            {
                Weight = none,
                Bias = none,
                RunningMean = none,
                RunningVariance = none,
                SavedMean = none,
                SavedInverseDeviation = none,
                Batch = (int)input.Shape[0],
                Channels = (int)input.Shape[1],
                Groups = 1,
                Spatial = spatial,
                Epsilon = epsilon.Value,
            };
        }
    }

    private static Norms BatchNorms(NumberFormat format, in BatchNormChannels channels) => Norms.Of(
        format,
        channels.Bias is not null ? NormKind.BatchAffine : channels.Weight is not null ? NormKind.BatchWeighted : NormKind.Batch);
}
