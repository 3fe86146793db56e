using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Gradients of layer and RMS norm agree with the oracle in both schedules and all formats, for odd sizes and with gaps between rows.</summary>
public class RowNormBackwardTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-5f;

    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (2, 5), (19, 111), (3, 128), (5, 129), (33, 16), (2, 516), (2, 1027), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Gradients_of_fp32_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, schedule, [rows, hidden], StoredType.Float32);

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Gradients_of_fp16_agree_with_the_oracle(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, schedule, [rows, hidden], StoredType.Float16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Gradients_of_bf16_agree_with_the_oracle(Backend backend, KernelSchedule schedule) =>
        Verify(backend, schedule, [18, 67], StoredType.BFloat16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Gradients_of_whole_numbers_are_exact(Backend backend, KernelSchedule schedule)
    {
        // Rows of ±1 with mean 0 have the variance 1; with ε = 3 they are halved. Means over 64 are exact.
        const int Rows = 40;
        const int Hidden = 64;
        AttentionDevice device = Device(backend);
        float[] input = [.. Enumerable.Range(0, Rows * Hidden).Select(index => ((index % Hidden) ^ (index / Hidden)) % 2 == 0 ? 1f : -1f)];
        float[] gradient = Array.ConvertAll(RandomData.Uniform(1, Rows * Hidden, -4f, 4f), MathF.Round);
        float[] weight = Array.ConvertAll(RandomData.Uniform(2, Hidden, -4f, 4f), MathF.Round);

        Gradients gradients = Run(device, schedule, input, weight, gradient, 3f, isRms: false);

        NormGradients expected = NormGradientOracle.Rows(input, weight, gradient, 3f, isAboutMean: true);
        gradients.Input.Should().Equal(Array.ConvertAll(expected.Input, number => (float)number));
        gradients.Weight.Should().Equal(Array.ConvertAll(expected.Weight, number => (float)number));
        gradients.Bias.Should().Equal(Array.ConvertAll(expected.Bias, number => (float)number));
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_far_from_zero_lose_nothing(Backend backend, KernelSchedule schedule)
    {
        const int Hidden = 145;
        AttentionDevice device = Device(backend);
        float[] gradient = RandomData.Normal(2, 6 * Hidden);
        float[] weight = RandomData.Normal(3, Hidden);
        foreach ((float mean, float deviation) in new[] { (1e6f, 1f), (-3e7f, 100f), (0f, 1e-3f), (1e20f, 1e18f), (0f, 1e30f) })
        {
            float[] input = RandomData.Normal(1, 6 * Hidden, deviation, mean);

            Gradients gradients = Run(device, schedule, input, weight, gradient, Epsilon, isRms: false);

            NormGradients expected = NormGradientOracle.Rows(input, weight, gradient, Epsilon, isAboutMean: true);
            ErrorRule.VerifyNorm(Scaled(gradients.Input, deviation), [.. expected.Input.Select(number => number * deviation)]);
            ErrorRule.VerifyNorm(gradients.Weight, expected.Weight);
            ErrorRule.VerifyNorm(gradients.Bias, expected.Bias);
        }

        static float[] Scaled(float[] elements, float factor) => [.. elements.Select(element => element * factor)];
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Many_rows_are_summed_as_well_as_a_few(Backend backend, KernelSchedule schedule)
    {
        // Equal terms are rounded to the same side.
        const int Rows = 200_003;
        AttentionDevice device = Device(backend);
        float[] input = [.. Enumerable.Range(0, Rows * 4).Select(index => index % 4 * 0.1f)];
        float[] gradient = [.. Enumerable.Range(0, Rows * 4).Select(index => index % 7 == 0 ? 0.7f : 0.1f)];

        Gradients gradients = Run(device, schedule, input, [1f, 2f, 3f, 4f], gradient, Epsilon, isRms: true);

        NormGradients expected = NormGradientOracle.Rows(input, [1f, 2f, 3f, 4f], gradient, Epsilon, isAboutMean: false);
        ErrorRule.VerifyNorm(gradients.Input, expected.Input);
        ErrorRule.VerifyNorm(gradients.Weight, expected.Weight);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Every_run_gives_the_same_bits(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Normal(5, 50 * 70);
        float[] gradient = RandomData.Normal(6, 50 * 70);
        float[] weight = RandomData.Normal(7, 70);
        Repetition.VerifySameBits(backend, schedule, () =>
        {
            Gradients gradients = Run(device, schedule, input, weight, gradient, Epsilon, isRms: false);
            return [.. gradients.Input, .. gradients.Weight, .. gradients.Bias];
        });
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void A_row_that_holds_no_number_spoils_no_other(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Normal(1, 3 * 20);
        input[27] = float.NaN;
        float[] gradient = RandomData.Normal(2, 3 * 20);

        Gradients gradients = Run(device, schedule, input, RandomData.Normal(3, 20), gradient, Epsilon, isRms: false);

        gradients.Input[20..40].Should().AllSatisfy(number => number.Should().Be(float.NaN));
        gradients.Input[..20].Concat(gradients.Input[40..]).Should().NotContain(float.NaN);
        gradients.Weight.Should().AllSatisfy(number => number.Should().Be(float.NaN));
        gradients.Bias.Should().NotContain(float.NaN);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void An_infinite_gradient_makes_that_of_its_feature_infinite(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Uniform(1, 40 * 20, -1f, 1f);
        float[] gradient = RandomData.Normal(2, 40 * 20);
        (input[(7 * 20) + 3], gradient[(7 * 20) + 3]) = (9f, float.PositiveInfinity);
        (input[(35 * 20) + 18], gradient[(35 * 20) + 18]) = (9f, float.NegativeInfinity);

        Gradients gradients = Run(device, schedule, input, RandomData.Normal(3, 20), gradient, Epsilon, isRms: false);

        foreach (float[] features in (float[][])[gradients.Weight, gradients.Bias])
        {
            (features[3], features[18]).Should().Be((float.PositiveInfinity, float.NegativeInfinity));
            features.Where(float.IsFinite).Should().HaveCount(18);
        }
    }

    [Theory, EachBackend]
    public void A_wrong_run_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(1, 24), [3, 8]);
        using Tensor<float> gradient = device.Upload(RandomData.Normal(2, 24), [3, 8]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(3, 8), [8]);
        using Tensor<float> seven = device.Upload(RandomData.Normal(3, 7), [7]);
        using Tensor<float> four = device.Upload(RandomData.Normal(3, 32), [4, 8]);
        using var inputGradient = GuardedTensor<float>.Poisoned(device, [3, 8]);
        using var weightGradient = GuardedTensor<float>.Poisoned(device, [8]);
        using var biasGradient = GuardedTensor<float>.Poisoned(device, [8]);
        using NormBackwardPlan<float> plan = device.PlanLayerNormBackward(3, 8, NumberFormat.Float32);
        using NormBackwardPlan<float> rms = device.PlanRmsNormBackward(3, 8, NumberFormat.Float32);
        NormBackwardPlan<float> gone = device.PlanRmsNormBackward(3, 8, NumberFormat.Float32);
        gone.Dispose();
        gone.Dispose();
        gone.IsDisposed.Should().BeTrue();

        Verify<ArgumentException>(() => plan.Run(four, weight.View, four, four), "*'input' is [4, 8]*at most 3 rows*");
        Verify<ArgumentException>(() => plan.Run(weight, weight.View, gradient, inputGradient), "*'outputGradient'*");
        Verify<ArgumentException>(() => plan.Run(seven, weight.View, gradient, inputGradient), "*[…, 8]*");
        Verify<ArgumentException>(() => plan.Run(input, seven.View, gradient, inputGradient), "*'weight'*[7]*[8]*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, input), "*'inputGradient'*'input'*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, gradient), "*'inputGradient'*'outputGradient'*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, inputGradient, new(seven)), "*'features.Weight'*[7]*[8]*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, weightGradient)), "*'features.Bias'*'features.Weight'*");
        Verify<ArgumentException>(() => plan.Run(input, weight.View, gradient, inputGradient, new(weight)), "*'features.Weight'*'weight'*");
        Verify<ArgumentException>(() => plan.Run(input, null, gradient, inputGradient, new(weightGradient)), "*without the weight*");
        Verify<ArgumentException>(() => plan.Run(input, null, gradient, inputGradient, new(null, biasGradient)), "*without a weight*");
        Verify<ArgumentException>(() => rms.Run(input, weight.View, gradient, inputGradient, new(null, biasGradient)), "*RMS norm has none*");
        Verify<ArgumentNullException>(() => rms.Run(input, null, gradient, inputGradient), "*RMS norm has a weight*");
        Verify<ObjectDisposedException>(() => gone.Run(input, weight.View, gradient, inputGradient), "*plan*disposed*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanLayerNormBackward(-1, 8, NumberFormat.Float32), "*rows*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanLayerNormBackward(long.MaxValue, 8, NumberFormat.Float32), "*rows*");
        Verify<ArgumentOutOfRangeException>(() => device.PlanLayerNormBackward(1, 0, NumberFormat.Float32), "*hidden*");
        Verify<ArgumentException>(() => device.PlanLayerNormBackward(1, 1, NumberFormat.Float32, new NormOptions { Epsilon = 0f }), "*Epsilon is 0*");
        Verify<NotSupportedException>(() => device.PlanLayerNormBackward(1, 1, NumberFormat.Float32, new NormOptions { WeightsFromOne = true }), "*count from 1*");
        Verify<NotSupportedException>(() => device.PlanLayerNormBackward(1, 1, NumberFormat.Float32, new NormOptions { Schedule = KernelSchedule.TensorCore }), "*TensorCore*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(
                device, [inputGradient, weightGradient, biasGradient],
                () => plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient)), wrong, says);
    }

    private static Gradients Run(
        AttentionDevice device, KernelSchedule schedule, float[] input, float[] weight, float[] gradient, float epsilon, bool isRms)
    {
        int hidden = weight.Length;
        TensorShape shape = [input.Length / hidden, hidden];
        using Tensor<float> inputs = device.Upload(input, shape);
        using Tensor<float> weights = device.Upload(weight, [hidden]);
        using Tensor<float> gradients = device.Upload(gradient, shape);
        using Tensor<float> inputGradient = device.Allocate<float>(shape);
        using Tensor<float> weightGradient = device.Allocate<float>([hidden]);
        using Tensor<float> biasGradient = device.Upload(new float[hidden], [hidden]);
        var options = new NormOptions { Epsilon = epsilon, Schedule = schedule };
        using NormBackwardPlan<float> plan = isRms
            ? device.PlanRmsNormBackward(shape[0], hidden, NumberFormat.Float32, options)
            : device.PlanLayerNormBackward(shape[0], hidden, NumberFormat.Float32, options);
        plan.Run(inputs, weights.View, gradients, inputGradient, new(weightGradient, isRms ? null : biasGradient.View));
        return new Gradients(inputGradient.ToArray(), weightGradient.ToArray(), biasGradient.ToArray());
    }

    private void Verify<T>(Backend backend, KernelSchedule schedule, TensorShape shape, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        int hidden = (int)shape[1];
        float[] elements = type.Round(RandomData.Normal(hidden, shape, mean: 1f));
        float[] gradients = type.Round(RandomData.Normal(hidden + 1, shape));
        float[] weights = RandomData.Normal(hidden + 2, hidden);
        float[] ones = [.. weights.Select(_ => 1f)];
        NormGradients layer = NormGradientOracle.Rows(elements, weights, gradients, Epsilon, isAboutMean: true);
        NormGradients plain = NormGradientOracle.Rows(elements, ones, gradients, Epsilon, isAboutMean: true);
        NormGradients rms = NormGradientOracle.Rows(elements, weights, gradients, Epsilon, isAboutMean: false);
        NormGradients fromOne = NormGradientOracle.Rows(elements, [.. weights.Select(number => number + 1f)], gradients, Epsilon, isAboutMean: false);
        var options = new NormOptions { Schedule = schedule };

        // A plan for more rows than a run has.
        using NormBackwardPlan<T> layerPlan = device.PlanLayerNormBackward(shape[0] + 40, hidden, type.Type, options);
        using NormBackwardPlan<T> rmsPlan = device.PlanRmsNormBackward(shape[0], hidden, type.Type, options);
        using NormBackwardPlan<T> fromOnePlan = device.PlanRmsNormBackward(shape[0], hidden, type.Type, options with { WeightsFromOne = true });
        using var weight = GuardedTensor<float>.Of(device, weights, [hidden]);
        foreach (int padding in (int[])[0, 3, 4])
        {
            TensorShape strides = Strides.Padded(shape, 0, padding);
            using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape, strides);
            using var gradient = GuardedTensor<T>.Of(device, type.Store(gradients), shape, strides);

            Run(layerPlan, weight, layer.Input, layer.Weight, layer.Bias);
            Run(layerPlan, weight, layer.Input, null, layer.Bias);
            Run(layerPlan, weight, layer.Input, layer.Weight, null);
            Run(layerPlan, null, plain.Input, null, null);
            Run(rmsPlan, weight, rms.Input, rms.Weight, null);
            Run(fromOnePlan, weight, fromOne.Input, fromOne.Weight, null);
            input.VerifyUnchanged();
            gradient.VerifyUnchanged();
            weight.VerifyUnchanged();

            // Gradients that are not expected are not asked for, and stay as they are.
            void Run(NormBackwardPlan<T> plan, GuardedTensor<float>? weight, double[] inputs, double[]? weights, double[]? biases)
            {
                using var inputGradient = GuardedTensor<T>.Poisoned(device, shape, Strides.Padded(shape, 0, 2 * padding));
                using var weightGradient = GuardedTensor<float>.Poisoned(device, [hidden]);
                using var biasGradient = GuardedTensor<float>.Poisoned(device, [hidden]);
                plan.Run(
                    input, weight?.View, gradient, inputGradient,
                    new(weights is null ? null : weightGradient.View, biases is null ? null : biasGradient.View));
                device.Synchronize();

                inputGradient.Verify();
                RoundedNorm.Verify(type, inputGradient.ToArray(), inputs);
                Features(weightGradient, weights);
                Features(biasGradient, biases);
            }
        }

        static void Features(GuardedTensor<float> result, double[]? expected)
        {
            if (expected is null)
                result.VerifyUnchanged();
            else
                ErrorRule.VerifyNorm(result.ToArray(), expected);
            result.Verify();
        }
    }

    private sealed record Gradients(float[] Input, float[] Weight, float[] Bias);
}
