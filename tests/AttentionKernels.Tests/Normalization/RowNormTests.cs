using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>RMS and layer norm agree with the oracle in both schedules, for odd sizes, in place and with gaps between rows.</summary>
public class RowNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;
    private const int Extreme = 145;

    // Means in deviations, where all elements are exact; magnitudes; and rows whose first element is unlike the others.
    private static readonly Dictionary<string, float[]> _extremeRows = new()
    {
        ["mean 1e3"] = Integers(1e3f),
        ["mean −1e5"] = Integers(-1e5f),
        ["mean 1e7"] = Integers(1e7f),
        ["mean 1e7, 1e-20 the deviation"] = [.. Integers(1e7f).Select(element => element * MathF.ScaleB(1f, -66))],
        ["mean 1e7, 1e30 the deviation"] = [.. Integers(1e7f).Select(element => element * MathF.ScaleB(1f, 100))],
        ["1e-38"] = RandomData.Normal(1, Extreme, deviation: 1e-38f),
        ["1e-30"] = RandomData.Normal(2, Extreme, deviation: 1e-30f),
        ["1e-22"] = RandomData.Normal(3, Extreme, deviation: 1e-22f),
        ["1e-20"] = RandomData.Normal(4, Extreme, deviation: 1e-20f),
        ["1e-15"] = RandomData.Normal(5, Extreme, deviation: 1e-15f),
        ["1e-10"] = RandomData.Normal(6, Extreme, deviation: 1e-10f),
        ["1e10"] = RandomData.Normal(7, Extreme, deviation: 1e10f),
        ["1e18"] = RandomData.Normal(8, Extreme, deviation: 1e18f),
        ["1e20"] = RandomData.Normal(9, Extreme, deviation: 1e20f),
        ["1e30"] = RandomData.Normal(10, Extreme, deviation: 1e30f),
        ["6e37"] = RandomData.Normal(11, Extreme, deviation: 6e37f),
        ["±1e20"] = [.. Enumerable.Range(0, Extreme).Select(index => index % 2 == 0 ? 1e20f : -1e20f)],
        ["±largest"] = [.. Enumerable.Range(0, Extreme).Select(index => index % 2 == 0 ? float.MaxValue : -float.MaxValue)],
        ["first 1e6"] = [1e6f, .. RandomData.Normal(12, Extreme - 1)],
        ["first 1e30"] = [1e30f, .. RandomData.Normal(13, Extreme - 1)],
        ["last 1e30"] = [.. RandomData.Normal(14, Extreme - 1), 1e30f],
        ["all 3e38"] = [.. Enumerable.Repeat(3e38f, Extreme)],
        ["all 0.1"] = [.. Enumerable.Repeat(0.1f, Extreme)],
        ["all 0"] = new float[Extreme],
    };

    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (2, 5), (19, 111), (3, 127), (3, 128), (5, 129), (7, 500), (2, 1024), (1, 3072), (1, 8192), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    public static IEnumerable<object[]> ExtremeRows =>
        from schedule in Schedules.OfAnyFormat
        from what in _extremeRows.Keys
        from epsilon in new[] { 1e-5f, 1e-12f, float.Epsilon }
        select new object[] { schedule, what, epsilon };

    [Theory, EachBackend(KernelSchedule.Simt)]
    public void Rows_of_whole_fours_have_the_bits_of_rows_that_begin_anywhere(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        foreach (int hidden in (int[])[4, 516, 2048, 4100])
        {
            TensorShape shape = [3, hidden];
            float[] elements = RandomData.Normal(hidden, shape, mean: 3f);
            using Tensor<float> input = device.Upload(elements, shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, hidden), [hidden]);
            using Tensor<float> output = device.Allocate<float>(shape);
            using var anywhere = GuardedTensor<float>.Of(device, elements, shape, Strides.Padded(shape, 0, 3));

            device.LayerNorm(input, weight, weight, output, Epsilon, schedule);
            device.LayerNorm(anywhere, weight, weight, anywhere, Epsilon, schedule);
            device.Synchronize();

            output.ToArray().Should().Equal(anywhere.ToArray());
        }
    }

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void RMS_norm_agrees_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, rows, hidden, (device, input, weight, bias, output) =>
            device.RmsNorm(input, weight, output, Epsilon, schedule),
            (input, weight, bias) => NormalizationOracle.Rms(input, weight, hidden, Epsilon));

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Layer_norm_agrees_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, rows, hidden, (device, input, weight, bias, output) =>
            device.LayerNorm(input, weight, bias, output, Epsilon, schedule),
            (input, weight, bias) => NormalizationOracle.Layer(input, weight, bias, hidden, Epsilon));

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Layer_norm_of_neighbours_far_from_zero_is_that_of_0_1_2_3(Backend backend, KernelSchedule schedule) =>
        LayerNorm(backend, schedule, [10_000_000f, 10_000_001f, 10_000_002f, 10_000_003f], 4, 1e-12f)
            .Should().Equal(LayerNorm(backend, schedule, [0f, 1f, 2f, 3f], 4, 1e-12f))
            .And.SatisfyRespectively(
                first => first.Should().BeApproximately(-1.3416408f, 1e-6f), second => second.Should().BeApproximately(-0.4472136f, 1e-6f),
                third => third.Should().BeApproximately(0.4472136f, 1e-6f), fourth => fourth.Should().BeApproximately(1.3416408f, 1e-6f));

    [Theory, EachBackend(Cases = nameof(ExtremeRows))]
    public void Rows_are_normalised_whatever_their_mean_and_magnitude(Backend backend, KernelSchedule schedule, string what, float epsilon)
    {
        float[] elements = _extremeRows[what];
        float[] ones = Enumerable.Repeat(1f, Extreme).ToArray();
        ErrorRule.VerifyNorm(LayerNorm(backend, schedule, elements, Extreme, epsilon), NormalizationOracle.Layer(elements, ones, new float[Extreme], Extreme, epsilon));
        ErrorRule.VerifyNorm(RmsNorm(backend, schedule, elements, Extreme, epsilon), NormalizationOracle.Rms(elements, ones, Extreme, epsilon));
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Long_rows_are_as_good_as_short_ones(Backend backend, KernelSchedule schedule)
    {
        // Equal terms are rounded to the same side; the first element is far from all others.
        const int Hidden = (1 << 20) + 5;
        float[] ones = Enumerable.Repeat(1f, Hidden).ToArray();
        foreach (float[] elements in new[] { RandomData.Uniform(1, Hidden, 100f, 101f), [1e4f, .. Enumerable.Range(1, Hidden - 1).Select(index => index % 3 == 0 ? 0.1f : 0.7f)] })
        {
            ErrorRule.VerifyNorm(LayerNorm(backend, schedule, elements, Hidden, Epsilon), NormalizationOracle.Layer(elements, ones, new float[Hidden], Hidden, Epsilon));
            ErrorRule.VerifyNorm(RmsNorm(backend, schedule, elements, Hidden, Epsilon), NormalizationOracle.Rms(elements, ones, Hidden, Epsilon));
        }
    }

    // Where ε is all that counts, results are much smaller than the error that the rule for norms allows.
    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void RMS_norm_of_tiny_rows_is_proportional_to_them(Backend backend, KernelSchedule schedule)
    {
        foreach (float unit in (float[])[1e-18f, 1e-22f, 1e-24f, 1e-30f])
        {
            float[] result = RmsNorm(backend, schedule, [unit, 2 * unit, 3 * unit, 4 * unit], 4, Epsilon);
            result.Select(element => element / unit / (float)(1 / Math.Sqrt(Epsilon)))
                .Should().SatisfyRespectively([.. Enumerable.Range(1, 4).Select(factor => (Action<float>)(element => element.Should().BeApproximately(factor, 1e-5f)))]);
        }
    }

    // Means from 0 to 1e7 deviations, and magnitudes that need another scale.
    [Theory]
    [EachBackend(KernelSchedule.Vector, "two values", ProcessorsOnly = true)]
    [EachBackend(KernelSchedule.Vector, "far from zero", ProcessorsOnly = true), EachBackend(KernelSchedule.Vector, "large", ProcessorsOnly = true)]
    [EachBackend(KernelSchedule.Simt, "two values", ProcessorsOnly = true, DriversOnly = true)]
    public void The_longest_rows_are_as_good_as_short_ones(Backend backend, KernelSchedule schedule, string what)
    {
        const int Hidden = 1 << 25;
        var elements = new float[Hidden];
        var random = new Random(25);
        for (int index = 0; index < Hidden; index++)
        {
            elements[index] = what switch
            {
                "two values" => index == 0 ? 1e4f : index % 3 == 0 ? 0.1f : 0.7f,
                "far from zero" => 10_000_000f + random.Next(4),
                _ => 1e30f * (random.NextSingle() - 0.1f),
            };
        }

        float[] ones = [.. Enumerable.Repeat(1f, Hidden)];
        AttentionDevice device = Device(backend);
        using Tensor<float> tensor = device.Upload(elements, [1, Hidden]);
        using Tensor<float> weight = device.Upload(ones, [Hidden]);
        using Tensor<float> output = device.Allocate<float>([1, Hidden]);

        device.LayerNorm(tensor, null, null, output, Epsilon, schedule);
        ErrorRule.VerifyNorm(output.ToArray(), NormalizationOracle.Layer(elements, ones, new float[Hidden], Hidden, Epsilon));
        device.RmsNorm(tensor, weight, output, Epsilon, schedule);
        ErrorRule.VerifyNorm(output.ToArray(), NormalizationOracle.Rms(elements, ones, Hidden, Epsilon));
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_that_hold_no_number_give_none(Backend backend, KernelSchedule schedule)
    {
        float[] elements = [1f, float.NaN, 2f, 1f, float.PositiveInfinity, 2f];

        LayerNorm(backend, schedule, elements, 3, Epsilon).Should().OnlyContain(element => float.IsNaN(element));
        RmsNorm(backend, schedule, elements, 3, Epsilon).Should().Equal(float.NaN, float.NaN, float.NaN, 0f, float.NaN, 0f);
    }

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
        ErrorRule.VerifyNorm(tensor.ToArray(), NormalizationOracle.Layer(elements, ones, new float[40], 40, Epsilon));
        ErrorRule.VerifyNorm(output.ToArray(), NormalizationOracle.Layer(elements, weights, new float[40], 40, Epsilon));
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
        Backend backend, int rows, int hidden,
        Action<AttentionDevice, TensorView<float>, TensorView<float>, TensorView<float>, TensorView<float>> run,
        Func<float[], float[], float[], double[]> expect)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [rows, hidden];
        float[] elements = RandomData.Normal(hidden, shape);
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
        ErrorRule.VerifyNorm(output.ToArray(), expect(elements, weights, biases));
    }

    private float[] LayerNorm(Backend backend, KernelSchedule schedule, float[] elements, int hidden, float epsilon)
    {
        AttentionDevice device = Device(backend);
        using var tensor = GuardedTensor<float>.Of(device, elements, [elements.Length / hidden, hidden]);
        device.LayerNorm(tensor, null, null, tensor, epsilon, schedule);
        device.Synchronize();
        tensor.Verify();
        return tensor.ToArray();
    }

    private float[] RmsNorm(Backend backend, KernelSchedule schedule, float[] elements, int hidden, float epsilon)
    {
        AttentionDevice device = Device(backend);
        using var tensor = GuardedTensor<float>.Of(device, elements, [elements.Length / hidden, hidden]);
        using Tensor<float> weight = device.Upload(Enumerable.Repeat(1f, hidden).ToArray(), [hidden]);
        device.RmsNorm(tensor, weight, tensor, epsilon, schedule);
        device.Synchronize();
        tensor.Verify();
        return tensor.ToArray();
    }

    private static float[] Integers(float mean) => [.. RandomData.Normal(15, Extreme, mean: mean).Select(element => MathF.Round(element))];

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Rows_beyond_any_cache_are_as_they_are_alone(Backend backend)
    {
        // 34 MB, which are written by non-temporal stores; every fourth row is aligned to 16 bytes.
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
