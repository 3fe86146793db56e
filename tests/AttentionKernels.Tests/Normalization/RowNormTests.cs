using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>RMS and layer norm agree with the oracle in both schedules, for odd sizes, in place and with gaps between rows.</summary>
public class RowNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;

    public static IEnumerable<object[]> Cases =>
        from schedule in Enum.GetValues<KernelSchedule>()
        from size in new[] { (1, 1), (2, 5), (19, 111), (3, 127), (3, 128), (5, 129), (7, 500), (2, 1024), (1, 3072), (1, 8192), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void RMS_norm_agrees_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, rows, hidden, mean: 0f, (device, input, weight, bias, output) =>
            device.RmsNorm(input, weight, output, Epsilon, schedule),
            (input, weight, bias) => (NormalizationOracle.Rms(input, weight, hidden, Epsilon), SequentialNormalization.Rms(input, weight, hidden, Epsilon)));

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Layer_norm_agrees_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, rows, hidden, mean: 0f, (device, input, weight, bias, output) =>
            device.LayerNorm(input, weight, bias, output, Epsilon, schedule),
            (input, weight, bias) => (NormalizationOracle.Layer(input, weight, bias, hidden, Epsilon), SequentialNormalization.Layer(input, weight, bias, hidden, Epsilon)));

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Layer_norm_of_a_large_mean_keeps_the_variance(Backend backend, KernelSchedule schedule) =>
        Verify(backend, 3, 300, mean: 1000f, (device, input, weight, bias, output) =>
            device.LayerNorm(input, weight, bias, output, Epsilon, schedule),
            (input, weight, bias) => (NormalizationOracle.Layer(input, weight, bias, 300, Epsilon), SequentialNormalization.Layer(input, weight, bias, 300, Epsilon)));

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Weight_and_bias_are_optional_and_the_output_may_be_the_input(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] elements = RandomData.Normal(3, 2 * 3 * 40);
        float[] ones = Enumerable.Repeat(1f, 40).ToArray();
        float[] weights = RandomData.Normal(4, 40);
        using var tensor = GuardedTensor<float>.Of(device, elements, [2, 3, 40]);
        using Tensor<float> weight = device.Upload(weights, [40]);
        using Tensor<float> output = device.Allocate<float>([2, 3, 40]);

        device.LayerNorm(tensor, weight.View, null, output, Epsilon, schedule);
        device.LayerNorm(tensor, null, null, tensor, Epsilon, schedule);
        device.Synchronize();

        tensor.Verify();
        ErrorRule.Verify(
            tensor.ToArray(), NormalizationOracle.Layer(elements, ones, new float[40], 40, Epsilon),
            SequentialNormalization.Layer(elements, ones, new float[40], 40, Epsilon), elements);
        ErrorRule.Verify(
            output.ToArray(), NormalizationOracle.Layer(elements, weights, new float[40], 40, Epsilon),
            SequentialNormalization.Layer(elements, weights, new float[40], 40, Epsilon), elements);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Every_run_gives_the_same_bits(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(5, 2 * 700), [2, 700]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(6, 700), [700]);
        using Tensor<float> output = device.Allocate<float>([2, 700]);
        Repetition.VerifySameBits(backend, schedule, () =>
        {
            device.RmsNorm(input, weight, output, Epsilon, schedule);
            device.Synchronize();
            return output.ToArray();
        });
    }

    private void Verify(
        Backend backend, int rows, int hidden, float mean,
        Action<AttentionDevice, TensorView<float>, TensorView<float>, TensorView<float>, TensorView<float>> run,
        Func<float[], float[], float[], (double[] Oracle, float[] Sequential)> expect)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [rows, hidden];
        float[] elements = RandomData.Normal(hidden, shape, mean: mean);
        float[] weights = RandomData.Normal(hidden + 1, hidden);
        float[] biases = RandomData.Normal(hidden + 2, hidden);
        using var input = GuardedTensor<float>.Of(device, elements, shape, Strides.Padded(shape, 0, 3));
        using var output = GuardedTensor<float>.Poisoned(device, shape, Strides.Padded(shape, 0, 1));
        using var weight = GuardedTensor<float>.Of(device, weights, [hidden]);
        using var bias = GuardedTensor<float>.Of(device, biases, [hidden]);

        run(device, input, weight, bias, output);
        device.Synchronize();

        input.VerifyUnchanged();
        weight.VerifyUnchanged();
        bias.VerifyUnchanged();
        output.Verify();
        (double[] oracle, float[] sequential) = expect(elements, weights, biases);
        ErrorRule.Verify(output.ToArray(), oracle, sequential, elements);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Rows_beyond_any_cache_are_as_they_are_alone(Backend backend)
    {
        // 34 MB, which are stored past the caches; every fourth row is aligned to 16 bytes.
        const int Rows = 2100;
        const int Hidden = 4097;
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Uniform(1, Rows * Hidden, -1f, 3f), [Rows, Hidden]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, Hidden), [Hidden]);
        using Tensor<float> bias = device.Upload(RandomData.Normal(3, Hidden), [Hidden]);
        using Tensor<float> together = device.Allocate<float>([Rows, Hidden]);
        using Tensor<float> alone = device.Allocate<float>([8, Hidden]);
        TensorView<float> all = input;

        device.LayerNorm(input, weight.View, bias.View, together, schedule: KernelSchedule.Vector);
        device.LayerNorm(all.Slice(0, Rows - 8, 8), weight.View, bias.View, alone, schedule: KernelSchedule.Vector);
        device.Synchronize();

        together.ToArray().AsSpan((Rows - 8) * Hidden).SequenceEqual(alone.ToArray()).Should().BeTrue();
    }
}
