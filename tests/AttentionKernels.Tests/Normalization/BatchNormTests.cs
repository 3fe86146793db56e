using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Batch norm agrees with the oracle: training with running statistics, and inference.</summary>
public class BatchNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;
    private const float Momentum = 0.1f;

    private static readonly Dictionary<string, float[]> _extremeChannels = new()
    {
        ["mean 1e3"] = RandomData.Normal(1, 143, mean: 1e3f),
        ["mean −1e7"] = [.. RandomData.Normal(2, 143, mean: -1e7f).Select(element => MathF.Round(element))],
        ["1e-30"] = RandomData.Normal(3, 143, deviation: 1e-30f),
        ["1e-20"] = RandomData.Normal(4, 143, deviation: 1e-20f),
        ["1e10"] = RandomData.Normal(5, 143, deviation: 1e10f),
        ["2e19, whose variance is in range only after the momentum"] = RandomData.Normal(6, 143, deviation: 2e19f),
        ["1e30"] = RandomData.Normal(7, 143, deviation: 1e30f),
        ["6e37"] = RandomData.Normal(8, 143, deviation: 6e37f),
        ["first 1e6"] = [1e6f, .. RandomData.Normal(9, 142)],
        ["first 1e25"] = [1e25f, .. RandomData.Normal(10, 142)],
        ["all 0.1"] = [.. Enumerable.Repeat(0.1f, 143)],
    };

    public static IEnumerable<object[]> Sizes => [[2, 1, 1], [3, 4, 7], [5, 3, 1], [1, 6, 130], [99, 2, 3], [2, 3, 300]];

    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from size in Sizes
        select new object[] { schedule, size[0], size[1], size[2] };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Training_agrees_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int spatial)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [batch, channels, spatial];
        float[] elements = RandomData.Normal(batch + spatial, shape, deviation: 2f, mean: 3f);
        float[] weights = RandomData.Normal(1, channels);
        float[] biases = RandomData.Normal(2, channels);
        float[] means = RandomData.Normal(3, channels);
        float[] variances = RandomData.Uniform(4, channels, 0.5f, 2f);
        using var input = GuardedTensor<float>.Of(device, elements, shape);
        using var output = GuardedTensor<float>.Poisoned(device, shape);
        using var weight = GuardedTensor<float>.Of(device, weights, [channels]);
        using var bias = GuardedTensor<float>.Of(device, biases, [channels]);
        using var runningMean = GuardedTensor<float>.Of(device, means, [channels]);
        using var runningVariance = GuardedTensor<float>.Of(device, variances, [channels]);
        using var savedMean = GuardedTensor<float>.Poisoned(device, [channels]);
        using var savedDeviation = GuardedTensor<float>.Poisoned(device, [channels]);

        var all = new BatchNormChannels(runningMean, runningVariance)
        {
            Weight = weight.View,
            Bias = bias.View,
            SavedMean = savedMean.View,
            SavedInverseDeviation = savedDeviation.View,
        };
        device.BatchNormTraining(input, all, output, Momentum, Epsilon, schedule);
        device.Synchronize();

        foreach (GuardedTensor<float> tensor in new[] { output, runningMean, runningVariance, savedMean, savedDeviation })
            tensor.Verify();
        foreach (GuardedTensor<float> tensor in new[] { input, weight, bias })
            tensor.VerifyUnchanged();

        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(elements, channels, spatial);
        ErrorRule.VerifyNorm(output.ToArray(), NormalizationOracle.Batch(elements, weights, biases, mean, variance, Epsilon, spatial));
        ErrorRule.VerifyNorm(savedMean.ToArray(), mean);
        ErrorRule.VerifyNorm(savedDeviation.ToArray(), [.. variance.Select(value => 1 / Math.Sqrt(value + Epsilon))]);
        ErrorRule.VerifyNorm(runningMean.ToArray(), NormalizationOracle.Running(means, mean, Momentum));
        ErrorRule.VerifyNorm(
            runningVariance.ToArray(), NormalizationOracle.Running(variances, NormalizationOracle.Unbiased(variance, batch * spatial), Momentum));
    }

    public static IEnumerable<object[]> ExtremeChannels =>
        from schedule in Schedules.OfAnyFormat
        from what in _extremeChannels.Keys
        from epsilon in new[] { 1e-5f, float.Epsilon }
        select new object[] { schedule, what, epsilon };

    [Theory, EachBackend(Cases = nameof(ExtremeChannels))]
    public void Channels_are_normalised_whatever_their_mean_and_magnitude(Backend backend, KernelSchedule schedule, string what, float epsilon) =>
        VerifyChannel(backend, schedule, _extremeChannels[what], [13, 1, 11], epsilon);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Large_batches_are_as_good_as_small_ones(Backend backend, KernelSchedule schedule)
    {
        const int Batch = 1 << 20;
        float[] equal = [.. Enumerable.Repeat(0.1f, Batch)];
        VerifyChannel(backend, schedule, equal, [Batch, 1], Epsilon).Should().OnlyContain(element => element == 0f);
        VerifyChannel(backend, schedule, RandomData.Uniform(1, Batch, 100f, 101f), [Batch, 1], Epsilon);
        VerifyChannel(backend, schedule, RandomData.Normal(2, Batch, deviation: 1000f), [Batch / 16, 1, 16], Epsilon);
    }

    // Most terms are smaller than half of what the sum's last bit stands for, so that each addition would round them away.
    [Theory]
    [EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, ProcessorsOnly = true, DriversOnly = true)]
    public void The_largest_batches_are_as_good_as_small_ones(Backend backend, KernelSchedule schedule)
    {
        const int Batch = 1 << 25;
        var elements = new float[Batch];
        var random = new Random(25);
        foreach (ref float element in elements.AsSpan())
            element = 100f + random.NextSingle();
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(elements, [Batch, 1]);
        using Tensor<float> output = device.Allocate<float>([Batch, 1]);
        using Tensor<float> runningMean = device.Upload([0f], [1]);
        using Tensor<float> runningVariance = device.Upload([0f], [1]);

        device.BatchNormTraining(input, new BatchNormChannels(runningMean, runningVariance), output, momentum: 1f, epsilon: Epsilon, schedule: schedule);

        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(elements, 1);
        ErrorRule.VerifyNorm(output.ToArray(), NormalizationOracle.Batch(elements, [1f], [0f], mean, variance, Epsilon));
        ErrorRule.VerifyNorm(runningMean.ToArray(), mean);
        ErrorRule.VerifyNorm(runningVariance.ToArray(), NormalizationOracle.Unbiased(variance, Batch));
    }

    [Theory, EachBackend(Cases = nameof(Sizes))]
    public void Inference_agrees_with_the_oracle(Backend backend, int batch, int channels, int spatial)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [batch, channels, spatial];
        float[] elements = RandomData.Normal(batch + spatial, shape);
        float[] weights = RandomData.Normal(1, channels);
        float[] biases = RandomData.Normal(2, channels);
        float[] means = RandomData.Normal(3, channels);
        float[] variances = RandomData.Uniform(4, channels, 0.5f, 2f);
        using var tensor = GuardedTensor<float>.Of(device, elements, shape);
        using Tensor<float> weight = device.Upload(weights, [channels]);
        using Tensor<float> bias = device.Upload(biases, [channels]);
        using var runningMean = GuardedTensor<float>.Of(device, means, [channels]);
        using var runningVariance = GuardedTensor<float>.Of(device, variances, [channels]);

        device.BatchNormInference(
            tensor, new BatchNormChannels(runningMean, runningVariance) { Weight = weight.View, Bias = bias.View }, tensor, Epsilon);
        device.Synchronize();

        tensor.Verify();
        runningMean.VerifyUnchanged();
        runningVariance.VerifyUnchanged();
        double[] mean = [.. means.Select(value => (double)value)];
        double[] variance = [.. variances.Select(value => (double)value)];
        ErrorRule.VerifyNorm(tensor.ToArray(), NormalizationOracle.Batch(elements, weights, biases, mean, variance, Epsilon, spatial));
    }

    [Theory, EachBackend]
    public void Statistics_that_are_not_asked_for_are_not_needed(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload([1f, 3f], [2, 1]);
        using Tensor<float> runningMean = device.Upload([0f], [1]);
        using Tensor<float> runningVariance = device.Upload([1f], [1]);

        device.BatchNormTraining(input, new BatchNormChannels(runningMean, runningVariance), input, momentum: 1f);
        device.Synchronize();

        input.ToArray().Should().HaveElementAt(0, -input.ToArray()[1]);
        runningMean.ToArray().Should().Equal(2f);
        runningVariance.ToArray().Should().Equal(2f);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Every_run_gives_the_same_bits(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(5, 3 * 2 * 70), [3, 2, 70]);
        using Tensor<float> runningMean = device.Allocate<float>([2]);
        using Tensor<float> runningVariance = device.Allocate<float>([2]);
        using Tensor<float> output = device.Allocate<float>([3, 2, 70]);
        Repetition.VerifySameBits(backend, schedule, () =>
        {
            runningMean.CopyFrom([1f, 2f]);
            runningVariance.CopyFrom([3f, 4f]);
            device.BatchNormTraining(input, new BatchNormChannels(runningMean, runningVariance), output, Momentum, Epsilon, schedule);
            device.Synchronize();
            return [.. output.ToArray(), .. runningMean.ToArray(), .. runningVariance.ToArray()];
        });
    }

    // Of one channel, from running statistics of 0; returns the output.
    private float[] VerifyChannel(Backend backend, KernelSchedule schedule, float[] elements, TensorShape shape, float epsilon)
    {
        AttentionDevice device = Device(backend);
        using var tensor = GuardedTensor<float>.Of(device, elements, shape);
        using var runningMean = GuardedTensor<float>.Of(device, [0f], [1]);
        using var runningVariance = GuardedTensor<float>.Of(device, [0f], [1]);

        device.BatchNormTraining(tensor, new BatchNormChannels(runningMean, runningVariance), tensor, Momentum, epsilon, schedule);
        device.Synchronize();

        foreach (GuardedTensor<float> written in new[] { tensor, runningMean, runningVariance })
            written.Verify();
        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(elements, 1);
        float[] output = tensor.ToArray();
        ErrorRule.VerifyNorm(output, NormalizationOracle.Batch(elements, [1f], [0f], mean, variance, epsilon));
        ErrorRule.VerifyNorm(runningMean.ToArray(), NormalizationOracle.Running([0f], mean, Momentum));
        double[] running = NormalizationOracle.Running([0f], NormalizationOracle.Unbiased(variance, elements.Length), Momentum);
        if (running[0] <= float.MaxValue)
            ErrorRule.VerifyNorm(runningVariance.ToArray(), running);
        return output;
    }
}
