using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Norms of fp16 and bf16 rows and channels: the oracle's results on the stored numbers, each rounded once, and to the bit those of the fp32 kernels rounded.</summary>
public class StoredNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;

    public static IEnumerable<object[]> Rows =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (2, 5), (3, 111), (2, 128), (5, 129), (2, 511), (2, 512), (1, 513), (1, 1540), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    public static IEnumerable<object[]> Channels =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (2, 1, 1), (3, 2, 5), (2, 3, 64), (1, 2, 515), (4, 5, 17) }
        select new object[] { schedule, size.Item1, size.Item2, size.Item3 };

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_of_fp16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        VerifyRows(backend, schedule, [rows, hidden], StoredType.Float16);

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_of_bf16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        VerifyRows(backend, schedule, [rows, hidden], StoredType.BFloat16);

    [Theory, EachBackend(Cases = nameof(Channels))]
    public void Channels_of_fp16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int spatial) =>
        VerifyChannels(backend, schedule, [batch, channels, spatial], StoredType.Float16);

    [Theory, EachBackend(Cases = nameof(Channels))]
    public void Channels_of_bf16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int spatial) =>
        VerifyChannels(backend, schedule, [batch, channels, spatial], StoredType.BFloat16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Weights_may_count_from_one(Backend backend, KernelSchedule schedule)
    {
        const int Hidden = 70;
        AttentionDevice device = Device(backend);
        float[] elements = StoredType.BFloat16.Round(RandomData.Normal(1, 3 * Hidden));
        float[] weights = RandomData.Normal(2, Hidden);
        using var input = GuardedTensor<BFloat16>.Of(device, StoredType.BFloat16.Store(elements), [3, Hidden]);
        using var single = GuardedTensor<float>.Of(device, elements, [3, Hidden]);
        using Tensor<float> weight = device.Upload(weights, [Hidden]);
        var options = new NormOptions { WeightsFromOne = true, Schedule = schedule };

        device.RmsNorm(input, weight, input, NumberFormat.BFloat16, options);
        device.RmsNorm(single, weight, single, NumberFormat.Float32, options);
        device.Synchronize();

        double[] expected = NormalizationOracle.Rms(elements, [.. weights.Select(number => number + 1f)], Hidden, Epsilon);
        RoundedNorm.Verify(StoredType.BFloat16, input.ToArray(), expected);
        RoundedNorm.Verify(StoredType.Float32, single.ToArray(), expected);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void What_is_too_large_becomes_infinite_and_rows_that_hold_no_number_give_none(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        using Tensor<Half> tensor = device.Upload([(Half)1f, (Half)(-1f), Half.NaN, (Half)1f, Half.PositiveInfinity, (Half)2f], [3, 2]);
        using Tensor<float> weight = device.Upload([65519f, 65520f], [2]);

        device.LayerNorm(tensor, weight.View, null, tensor, NumberFormat.Float16, new NormOptions { Epsilon = 1e-20f, Schedule = schedule });

        tensor.ToArray().Should().Equal((Half)65504f, Half.NegativeInfinity, Half.NaN, Half.NaN, Half.NaN, Half.NaN);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Rows_beyond_any_cache_are_as_they_are_alone(Backend backend)
    {
        // 17 MB, which are written by non-temporal stores; every eighth row is aligned to 16 bytes, and its last elements fill no store.
        const int Count = 2100;
        const int Hidden = 4097;
        AttentionDevice device = Device(backend);
        using Tensor<Half> input = device.Upload(StoredType.Float16.Store(RandomData.Uniform(1, Count * Hidden, -1f, 3f)), [Count, Hidden]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, Hidden), [Hidden]);
        using Tensor<Half> together = device.Allocate<Half>([Count, Hidden]);
        using Tensor<Half> alone = device.Allocate<Half>([8, Hidden]);

        device.LayerNorm(input, weight.View, weight.View, together, NumberFormat.Float16);
        for (int row = 0; row < Count - 8; row += 700)
        {
            device.LayerNorm(input.View.Slice(0, row, 8), weight.View, weight.View, alone, NumberFormat.Float16);
            together.View.Slice(0, row, 8).ToArray().Should().Equal(alone.ToArray());
        }
    }

    private void VerifyRows<T>(Backend backend, KernelSchedule schedule, TensorShape shape, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        int hidden = (int)shape[1];
        float[] elements = type.Round(RandomData.Normal(hidden, shape, mean: 1f));
        float[] weights = RandomData.Normal(hidden + 1, hidden);
        float[] biases = RandomData.Normal(hidden + 2, hidden);
        using Tensor<float> weight = device.Upload(weights, [hidden]);
        using Tensor<float> bias = device.Upload(biases, [hidden]);
        using Tensor<float> single = device.Upload(elements, shape);
        using Tensor<float> expected = device.Allocate<float>(shape);
        var options = new NormOptions { Schedule = schedule };
        foreach (int padding in (int[])[0, 3, 4])
        {
            TensorShape strides = Strides.Padded(shape, 0, padding);
            using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape, strides);
            using var output = GuardedTensor<T>.Poisoned(device, shape, strides);

            device.LayerNorm(input, weight.View, bias.View, output, type.Type, options);
            device.LayerNorm(single, weight.View, bias.View, expected, Epsilon, schedule);
            device.Synchronize();

            input.VerifyUnchanged();
            output.Verify();
            RoundedNorm.Verify(type, output.ToArray(), NormalizationOracle.Layer(elements, weights, biases, hidden, Epsilon));
            output.ToArray().Should().Equal(type.Store(expected.ToArray()));

            device.LayerNorm(input, null, null, output, type.Type, options);
            device.RmsNorm(input, weight, input, type.Type, options);
            device.Synchronize();

            input.Verify();
            output.Verify();
            RoundedNorm.Verify(type, output.ToArray(), NormalizationOracle.Layer(elements, [.. weights.Select(_ => 1f)], new float[hidden], hidden, Epsilon));
            RoundedNorm.Verify(type, input.ToArray(), NormalizationOracle.Rms(elements, weights, hidden, Epsilon));
        }
    }

    private void VerifyChannels<T>(Backend backend, KernelSchedule schedule, TensorShape shape, StoredType<T> type)
        where T : unmanaged
    {
        const float Momentum = 0.25f;
        AttentionDevice device = Device(backend);
        (int channels, int spatial) = ((int)shape[1], (int)shape[2]);
        float[] elements = type.Round(RandomData.Normal(spatial, shape, mean: 2f));
        float[] weights = RandomData.Normal(spatial + 1, channels);
        float[] biases = RandomData.Normal(spatial + 2, channels);
        using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape);
        using var output = GuardedTensor<T>.Poisoned(device, shape);
        using Tensor<float> weight = device.Upload(weights, [channels]);
        using Tensor<float> bias = device.Upload(biases, [channels]);
        using var mean = GuardedTensor<float>.Of(device, new float[channels], [channels]);
        using var variance = GuardedTensor<float>.Of(device, new float[channels], [channels]);
        var statistics = new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = bias.View };

        device.BatchNormTraining(input, statistics, output, type.Type, Momentum, Epsilon, schedule);
        device.Synchronize();

        output.Verify();
        mean.Verify();
        variance.Verify();
        (double[] batchMean, double[] batchVariance) = NormalizationOracle.BatchMoments(elements, channels, spatial);
        RoundedNorm.Verify(type, output.ToArray(), NormalizationOracle.Batch(elements, weights, biases, batchMean, batchVariance, Epsilon, spatial));
        ErrorRule.VerifyNorm(mean.ToArray(), NormalizationOracle.Running(new float[channels], batchMean, Momentum));
        ErrorRule.VerifyNorm(
            variance.ToArray(), NormalizationOracle.Running(new float[channels], NormalizationOracle.Unbiased(batchVariance, elements.Length / channels), Momentum));

        device.BatchNormInference(input, new BatchNormChannels(mean, variance), input, type.Type, Epsilon);
        device.Synchronize();

        input.Verify();
        RoundedNorm.Verify(type, input.ToArray(), NormalizationOracle.Batch(
            elements, [.. weights.Select(_ => 1f)], new float[channels], [.. mean.ToArray().Select(number => (double)number)],
            [.. variance.ToArray().Select(number => (double)number)], Epsilon, spatial));
    }
}
