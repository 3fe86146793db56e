using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Gradients of batch norm, in training and inference, and of group norm agree with the oracle in both schedules and all formats.</summary>
public class ChannelBackwardTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;

    // Batch, channels, groups, and values of a channel: fewer than a vector has, and more than a work group has threads.
    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from shape in new[] { (2, 1, 1, 1), (2, 6, 3, 5), (1, 4, 1, 7), (3, 4, 4, 33), (2, 4, 2, 64), (1, 6, 2, 515), (140, 4, 2, 1), (0, 4, 2, 3) }
        select new object[] { schedule, shape.Item1, shape.Item2, shape.Item3, shape.Item4 };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Gradients_of_fp32_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int groups, int spatial) =>
        Verify(backend, schedule, [batch, channels, spatial], groups, StoredType.Float32);

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Gradients_of_fp16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int groups, int spatial) =>
        Verify(backend, schedule, [batch, channels, spatial], groups, StoredType.Float16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Gradients_of_bf16_agree_with_the_oracle(Backend backend, KernelSchedule schedule) =>
        Verify(backend, schedule, [2, 6, 65], 3, StoredType.BFloat16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Channels_far_from_zero_lose_nothing(Backend backend, KernelSchedule schedule)
    {
        TensorShape shape = [2, 4, 70];
        float[] elements = [.. RandomData.Normal(1, shape, mean: 1e6f).Select(element => MathF.Round(element))];
        Verify(backend, schedule, shape, 2, StoredType.Float32, elements);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Every_run_gives_the_same_bits(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [3, 4, 70];
        using Tensor<float> input = device.Upload(RandomData.Normal(5, shape), shape);
        using Tensor<float> gradient = device.Upload(RandomData.Normal(6, shape), shape);
        using Tensor<float> weight = device.Upload(RandomData.Normal(7, 4), [4]);
        using Tensor<float> inputGradient = device.Allocate<float>(shape);
        using Tensor<float> weightGradient = device.Allocate<float>([4]);
        using NormBackwardPlan<float> plan = device.PlanGroupNormBackward(3, 4, 2, NumberFormat.Float32, new NormOptions { Schedule = schedule });
        Repetition.VerifySameBits(backend, schedule, () =>
        {
            plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient));
            float[] ofGroups = [.. inputGradient.ToArray(), .. weightGradient.ToArray()];
            device.BatchNormTrainingBackward(
                input, weight.View, gradient, inputGradient, new(weightGradient), NumberFormat.Float32, new NormOptions { Schedule = schedule });
            return [.. ofGroups, .. inputGradient.ToArray(), .. weightGradient.ToArray()];
        });
    }

    [Theory, EachBackend]
    public void A_wrong_call_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [3, 4, 5];
        using Tensor<float> input = device.Upload(RandomData.Normal(1, shape), shape);
        using Tensor<float> gradient = device.Upload(RandomData.Normal(2, shape), shape);
        using Tensor<float> weight = device.Upload(RandomData.Normal(3, 4), [4]);
        using Tensor<float> larger = device.Upload(RandomData.Normal(4, 4 * 4 * 5), [4, 4, 5]);
        using Tensor<float> single = device.Upload(RandomData.Normal(5, 4), [1, 4]);
        using Tensor<float> singleGradient = device.Upload(RandomData.Normal(5, 4), [1, 4]);
        using Tensor<float> mean = device.Upload(RandomData.Normal(6, 4), [4]);
        using Tensor<float> five = device.Upload(RandomData.Normal(7, 5), [5]);
        using var inputGradient = GuardedTensor<float>.Poisoned(device, shape);
        using var weightGradient = GuardedTensor<float>.Poisoned(device, [4]);
        using var biasGradient = GuardedTensor<float>.Poisoned(device, [4]);
        var channels = new BatchNormChannels(mean, weight) { Weight = weight.View };
        using NormBackwardPlan<float> plan = device.PlanGroupNormBackward(3, 4, 2, NumberFormat.Float32);

        Verify<ArgumentException>(() => plan.Run(larger, weight.View, larger, larger), "*'input' is [4, 4, 5]*batch of at most 3*");
        Verify<ArgumentException>(() => plan.Run(weight, weight.View, weight, weight), "*'input' is [4]*[batch, 4*");
        Verify<ArgumentException>(() => plan.Run(input, five.View, gradient, inputGradient), "*'weight'*[5]*[4]*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, single, inputGradient), "*'outputGradient'*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, input), "*'inputGradient'*'input'*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, gradient), "*'inputGradient'*'outputGradient'*");
        Verify<ArgumentException>(() => plan.Run(input, null, gradient, inputGradient, new(null, biasGradient)), "*without a weight*");
        Verify<ArgumentException>(() => Training(single, mean.View.Reshape([1, 4]), singleGradient, weight.View, null), "*1 value a channel*");
        Verify<ArgumentException>(() => Training(input, gradient, inputGradient, null, weightGradient.View), "*without the weight*");
        Verify<ArgumentException>(() => Training(input, gradient, inputGradient, weight.View, five.View), "*'features.Weight'*[5]*");
        Verify<ArgumentException>(() => Inference(channels, mean.View, null), "*'features.Weight'*'channels.RunningMean'*");
        Verify<ArgumentException>(() => Inference(channels, null, mean.View), "*'features.Bias'*'channels.RunningMean'*");
        Verify<ArgumentException>(() => Inference(new BatchNormChannels(five, weight), null, null), "*'channels.RunningMean'*[5]*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanGroupNormBackward(3, 4, 3, NumberFormat.Float32), "*divide the 4 channels*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanGroupNormBackward(-1, 4, 2, NumberFormat.Float32), "*batch*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanGroupNormBackward(1, 0, 1, NumberFormat.Float32), "*channels*");

        void Training(TensorView<float> x, TensorView<float> dy, TensorView<float> dx, TensorView<float>? w, TensorView<float>? dw) =>
            device.BatchNormTrainingBackward(x, w, dy, dx, new(dw), NumberFormat.Float32);

        void Inference(BatchNormChannels statistics, TensorView<float>? dw, TensorView<float>? db) =>
            device.BatchNormInferenceBackward(input, statistics, gradient, inputGradient, new(dw, db), NumberFormat.Float32);

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(
                device, [inputGradient, weightGradient, biasGradient],
                () => plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient)), wrong, says);
    }

    private void Verify<T>(Backend backend, KernelSchedule schedule, TensorShape shape, int groups, StoredType<T> type, float[]? given = null)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        (int channels, int spatial) = ((int)shape[1], (int)shape[2]);
        float[] elements = given ?? type.Round(RandomData.Normal(channels, shape, mean: 2f));
        float[] gradients = type.Round(RandomData.Normal(channels + 1, shape));
        float[] weights = RandomData.Normal(1, channels);
        float[] ones = [.. weights.Select(_ => 1f)];
        float[] means = RandomData.Normal(2, channels, mean: elements.DefaultIfEmpty().Average());
        float[] variances = RandomData.Uniform(3, channels, 0.5f, 2f);
        using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape);
        using var gradient = GuardedTensor<T>.Of(device, type.Store(gradients), shape);
        using var inputGradient = GuardedTensor<T>.Poisoned(device, shape);
        using var weight = GuardedTensor<float>.Of(device, weights, [channels]);
        using var weightGradient = GuardedTensor<float>.Poisoned(device, [channels]);
        using var biasGradient = GuardedTensor<float>.Poisoned(device, [channels]);
        using Tensor<float> mean = device.Upload(means, [channels]);
        using Tensor<float> variance = device.Upload(variances, [channels]);
        var statistics = new BatchNormChannels(mean, variance);

        var options = new NormOptions { Epsilon = Epsilon, Schedule = schedule };

        // A plan for more samples than a run has.
        using NormBackwardPlan<T> plan = device.PlanGroupNormBackward((int)shape[0] + 2, channels, groups, type.Type, options);

        plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient));
        Results(NormGradientOracle.Group(elements, weights, gradients, groups, Epsilon, spatial));
        device.BatchNormTrainingBackward(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient), type.Type, options);
        NormGradients training = NormGradientOracle.Batch(elements, weights, gradients, Epsilon, spatial);
        Results(training);
        device.BatchNormTrainingBackward(input, null, gradient, inputGradient, default, type.Type, options);
        Results(training with { Input = NormGradientOracle.Batch(elements, ones, gradients, Epsilon, spatial).Input });
        plan.Run(input, null, gradient, inputGradient);
        Results(training with { Input = NormGradientOracle.Group(elements, ones, gradients, groups, Epsilon, spatial).Input });
        device.BatchNormInferenceBackward(
            input, statistics with { Weight = weight.View }, gradient, inputGradient, new(weightGradient, biasGradient), type.Type, options);
        NormGradients inference = NormGradientOracle.BatchInference(elements, weights, gradients, means, variances, Epsilon, spatial);
        Results(inference);
        device.BatchNormInferenceBackward(input, statistics, gradient, inputGradient, default, type.Type, options);
        Results(inference with { Input = NormGradientOracle.BatchInference(elements, ones, gradients, means, variances, Epsilon, spatial).Input });
        input.VerifyUnchanged();
        gradient.VerifyUnchanged();
        weight.VerifyUnchanged();

        void Results(NormGradients expected)
        {
            device.Synchronize();
            inputGradient.Verify();
            weightGradient.Verify();
            biasGradient.Verify();
            RoundedNorm.Verify(type, inputGradient.ToArray(), expected.Input);
            ErrorRule.VerifyNorm(weightGradient.ToArray(), expected.Weight);
            ErrorRule.VerifyNorm(biasGradient.ToArray(), expected.Bias);
        }
    }
}
