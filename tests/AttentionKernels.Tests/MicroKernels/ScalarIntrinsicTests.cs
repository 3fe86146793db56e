using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Fma, Exp and Log on each backend against correctly rounded results.</summary>
[Trait("Speed", "Quick")]
public class ScalarIntrinsicTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Fma_rounds_once(Backend backend)
    {
        float[] first = [1f + MathF.Pow(2, -12), .. RandomData.Normal(1, 5000)];
        float[] second = [1f + MathF.Pow(2, -12), .. RandomData.Normal(2, 5000)];
        // Cancels nearly everything but what a separately rounded product loses.
        float[] third = [.. first.Zip(second, (left, right) => -(left * right))];

        float[] result = Apply<FmaFunction>(backend, first, second, third);

        result.Should().Equal(first.Select((_, index) => MathF.FusedMultiplyAdd(first[index], second[index], third[index])));
        result[0].Should().NotBe(0f);
    }

    [Theory, EachBackend]
    public void Fma_takes_constants(Backend backend)
    {
        float[] first = RandomData.Normal(3, 100);

        Apply<FmaOfConstantsFunction>(backend, first).Should().Equal(first.Select(element => MathF.FusedMultiplyAdd(element, -0.1f, 1e-30f)));
    }

    [Theory, EachBackend]
    public void Exp_is_within_2_ulp_over_the_exponents_of_a_softmax(Backend backend)
    {
        float[] exponents = [0f, -0f, -float.Epsilon, -1e-8f, -MathF.Log(2), .. RandomData.Uniform(4, 100_000, -87.3f, 0f), .. RandomData.Uniform(5, 20_000, -1f, 0f)];

        Units(Apply<ExpFunction>(backend, exponents), exponents, Math.Exp).Should().BeLessThanOrEqualTo(2);
    }

    [Theory, EachBackend]
    public void Exp_of_negative_numbers_is_within_2_ulp_and_keeps_infinity_and_NaN(Backend backend)
    {
        float[] exponents = [0f, -0f, -float.Epsilon, -1e-8f, -MathF.Log(2), .. RandomData.Uniform(4, 100_000, -87.3f, 0f), .. RandomData.Uniform(5, 20_000, -1f, 0f)];

        Units(Apply<ExpOfNegativeFunction>(backend, exponents), exponents, Math.Exp).Should().BeLessThanOrEqualTo(2);
        Apply<ExpOfNegativeFunction>(backend, [float.NegativeInfinity, -float.MaxValue, -1e30f, -1000f, float.NaN, 0f])
            .Should().Equal(0f, 0f, 0f, 0f, float.NaN, 1f);
    }

    [Theory, EachBackend]
    public void Exp_of_what_underflows_is_within_the_smallest_normal_number(Backend backend)
    {
        // Devices may flush subnormal numbers.
        float[] exponents = [.. RandomData.Uniform(6, 10_000, -104f, -87.3f), -105f, -1000f, -float.MaxValue];

        float[] result = Apply<ExpFunction>(backend, exponents);

        result.Zip(exponents, (left, exponent) => Math.Abs(left - Math.Exp(exponent))).Max().Should().BeLessThanOrEqualTo(Math.Pow(2, -126));
        result.Should().OnlyContain(element => element >= 0f);
    }

    [Theory, EachBackend]
    public void Exp_is_within_2_ulp_above_zero(Backend backend)
    {
        float[] exponents = RandomData.Uniform(7, 20_000, 0f, 88f);

        Units(Apply<ExpFunction>(backend, exponents), exponents, Math.Exp).Should().BeLessThanOrEqualTo(2);
    }

    [Theory, EachBackend]
    public void Exp_keeps_infinities_and_NaN(Backend backend) =>
        Apply<ExpFunction>(backend, [float.NegativeInfinity, float.NaN, float.PositiveInfinity, 89f, 1e30f, 0f])
            .Should().Equal(0f, float.NaN, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, 1f);

    [Theory, EachBackend]
    public void Log_is_within_3_ulp_and_near_one_to_an_absolute_error(Backend backend)
    {
        float[] arguments = [1f, 2f, float.MaxValue, 1.17549435e-38f, .. RandomData.Uniform(8, 50_000, 1f, 40_000f), .. RandomData.Uniform(9, 50_000, 1e-6f, 2f)];

        float[] result = Apply<LogFunction>(backend, arguments);

        for (int index = 0; index < arguments.Length; index++)
        {
            double exact = Math.Log(arguments[index]);
            double bound = Math.Max(3 * (double)(MathF.BitIncrement(MathF.Abs((float)exact)) - MathF.Abs((float)exact)), Math.Pow(2, -22));
            if (Math.Abs(result[index] - exact) > bound)
                Assert.Fail($"ln {arguments[index]:G9} is {exact:G12}; the result is {result[index]:G9}.");
        }
    }

    // The largest distance to the correctly rounded result, in floating-point numbers.
    private static int Units(float[] result, float[] arguments, Func<double, double> exact) =>
        result.Zip(arguments, (element, argument) => Math.Abs(BitConverter.SingleToInt32Bits(element) - BitConverter.SingleToInt32Bits((float)exact(argument)))).Max();

    private float[] Apply<TFunction>(Backend backend, float[] first, float[]? second = null, float[]? third = null)
        where TFunction : struct, IFunction
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [first.Length];
        using Tensor<float> left = device.Upload(first, shape);
        using Tensor<float> middle = device.Upload(second ?? first, shape);
        using Tensor<float> right = device.Upload(third ?? first, shape);
        using var result = GuardedTensor<float>.Poisoned(device, shape);
        device.LoadTileKernel<Elementwise<TFunction>, ElementwiseArguments>().Run(
            device.DefaultStream, new ElementwiseArguments(left.View.Data, middle.View.Data, right.View.Data, result.View.Data), first.Length);
        device.Synchronize();
        result.Verify();
        return result.ToArray();
    }
}
