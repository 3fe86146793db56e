using AttentionKernels.MicroKernels;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The exponential and the logarithm of fp64 beside those of .NET.</summary>
[Trait("Speed", "Quick")]
public class Fp64Tests
{
    [Fact]
    public void Exponentials_are_within_2_ulp()
    {
        var random = new Random(3);
        for (int count = 0; count < 200_000; count++)
        {
            // All magnitudes, and halves of ln 2, where one power of two ends and the next begins.
            double x = (count % 3) switch
            {
                0 => -708 * random.NextDouble(),
                1 => -Math.Pow(2, -40 * random.NextDouble()),
                _ => Math.Log(2) * (-0.5 - random.Next(1000)) * (1 + (1e-15 * random.Next(-3, 4))),
            };
            double expected = Math.Exp(x);

            Math.Abs(Fp64.ExpOfNegative(x) - expected).Should().BeLessThanOrEqualTo(2 * (Math.BitIncrement(expected) - expected), "of {0:G17}", x);
        }
    }

    [Fact]
    public void The_ends_of_exponentials_are_exact()
    {
        Fp64.ExpOfNegative(0).Should().Be(1);
        Fp64.ExpOfNegative(-708.5).Should().Be(0);
        Fp64.ExpOfNegative(-1e300).Should().Be(0);
        Fp64.ExpOfNegative(double.NegativeInfinity).Should().Be(0);
        Fp64.ExpOfNegative(double.NaN).Should().Be(double.NaN);
    }

    [Fact]
    public void Logarithms_are_within_2_ulp_or_2_to_the_minus_51()
    {
        Fp64.Log(1).Should().Be(0);
        Fp64.Log(double.NaN).Should().Be(double.NaN);
        var random = new Random(4);
        for (int count = 0; count < 200_000; count++)
        {
            double x = count % 2 == 0 ? Math.Pow(2, 31 * random.NextDouble()) : 1 + Math.Pow(2, -52 * random.NextDouble());
            double expected = Math.Log(x);

            Math.Abs(Fp64.Log(x) - expected).Should().BeLessThanOrEqualTo(
                Math.Max(Math.Pow(2, -51), 2 * (Math.BitIncrement(expected) - expected)), "of {0:G17}", x);
        }
    }
}
