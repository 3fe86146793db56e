using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Group norm agrees with the oracle in both schedules and all formats, from one group to as many as channels, which is instance norm.</summary>
public class GroupNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;

    // Batch, channels, groups, and values of a channel: fewer than a vector has, and more than a work group has threads.
    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from shape in new[] { (1, 2, 1, 1), (2, 6, 3, 5), (1, 4, 1, 7), (3, 4, 4, 33), (2, 4, 2, 64), (1, 6, 2, 515), (2, 8, 4, 17), (2, 140, 2, 1), (0, 4, 2, 3) }
        select new object[] { schedule, shape.Item1, shape.Item2, shape.Item3, shape.Item4 };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Groups_of_fp32_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int groups, int spatial) =>
        Verify(backend, schedule, [batch, channels, spatial], groups, StoredType.Float32);

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Groups_of_fp16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int batch, int channels, int groups, int spatial) =>
        Verify(backend, schedule, [batch, channels, spatial], groups, StoredType.Float16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Groups_of_bf16_agree_with_the_oracle(Backend backend, KernelSchedule schedule) =>
        Verify(backend, schedule, [2, 6, 65], 3, StoredType.BFloat16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Groups_far_from_zero_lose_nothing(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] elements = [.. RandomData.Normal(1, 2 * 4 * 70, mean: 1e6f).Select(element => MathF.Round(element))];
        using var tensor = GuardedTensor<float>.Of(device, elements, [2, 4, 7, 10]);

        device.GroupNorm(tensor, 2, null, null, tensor, new NormOptions { Schedule = schedule });
        device.Synchronize();

        tensor.Verify();
        ErrorRule.VerifyNorm(tensor.ToArray(), NormalizationOracle.Group(elements, [1f, 1f, 1f, 1f], new float[4], 2, 70, Epsilon));
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Every_run_gives_the_same_bits(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(5, 3 * 4 * 70), [3, 4, 70]);
        using Tensor<float> output = device.Allocate<float>([3, 4, 70]);
        Repetition.VerifySameBits(backend, schedule, () =>
        {
            device.GroupNorm(input, 2, null, null, output, new NormOptions { Schedule = schedule });
            device.Synchronize();
            return output.ToArray();
        });
    }

    [Theory, EachBackend]
    public void A_wrong_group_norm_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, 24), [1, 6, 4]);
        using var output = GuardedTensor<float>.Poisoned(device, [1, 6, 4]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, 6), [6]);
        using Tensor<float> five = device.Allocate<float>([5]);

        Verify<ArgumentOutOfRangeException>(() => device.GroupNorm(input, 4, null, null, output), "*at least 1 and divide the 6 channels*");
        Verify<ArgumentOutOfRangeException>(() => device.GroupNorm(input, 0, null, null, output), "*at least 1*");
        Verify<ArgumentOutOfRangeException>(() => device.GroupNorm(input, -2, null, null, output), "*at least 1*");
        Verify<ArgumentException>(() => device.GroupNorm(input, 2, five.View, null, output), "*'weight'*[5]*[6]*");
        Verify<ArgumentException>(() => device.GroupNorm(input, 2, null, weight.View, output), "*bias*without a weight*");
        Verify<ArgumentException>(() => device.GroupNorm(input, 2, null, null, output, new NormOptions { Epsilon = 0f }), "*Epsilon is 0*");
        Verify<NotSupportedException>(() => device.GroupNorm(input, 2, null, null, output, new NormOptions { WeightsFromOne = true }), "*count from 1*");
        Verify<ArgumentException>(() => device.GroupNorm(weight, 2, null, null, weight), "*[6]*[batch, channels*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [output], () => device.GroupNorm(input, 2, weight.View, weight.View, output), wrong, says);
    }

    private void Verify<T>(Backend backend, KernelSchedule schedule, TensorShape shape, int groups, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        int channels = (int)shape[1];
        float[] elements = type.Round(RandomData.Normal(channels, shape, mean: 2f));
        float[] weights = RandomData.Normal(1, channels);
        float[] biases = RandomData.Normal(2, channels);
        using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape);
        using var output = GuardedTensor<T>.Poisoned(device, shape);
        using var weight = GuardedTensor<float>.Of(device, weights, [channels]);
        using var bias = GuardedTensor<float>.Of(device, biases, [channels]);
        var options = new NormOptions { Schedule = schedule };

        device.GroupNorm(input, groups, weight.View, bias.View, output, type.Type, options);
        device.Synchronize();

        output.Verify();
        input.VerifyUnchanged();
        RoundedNorm.Verify(type, output.ToArray(), Expected(weights, biases));

        device.GroupNorm(input, groups, weight.View, null, output, type.Type, options);
        device.GroupNorm(input, groups, null, null, input, type.Type, options);
        device.Synchronize();

        output.Verify();
        input.Verify();
        weight.VerifyUnchanged();
        bias.VerifyUnchanged();
        RoundedNorm.Verify(type, output.ToArray(), Expected(weights, new float[channels]));
        RoundedNorm.Verify(type, input.ToArray(), Expected([.. weights.Select(_ => 1f)], new float[channels]));

        double[] Expected(float[] weights, float[] biases) =>
            NormalizationOracle.Group(elements, weights, biases, groups, (int)shape[2], Epsilon);
    }
}
