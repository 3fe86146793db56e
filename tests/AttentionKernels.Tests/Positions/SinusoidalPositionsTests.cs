using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Sinusoidal positions are sines and cosines of the paper's angles, in either order.</summary>
[Trait("Speed", "Quick")]
public class SinusoidalPositionsTests
{
    [Fact]
    public void Sines_and_cosines_take_turns()
    {
        float[] table = SinusoidalPositions.Table(1001, 4);

        table[..4].Should().Equal(0, 1, 0, 1);
        table[^4..].Zip([Math.Sin(1000), Math.Cos(1000), Math.Sin(10), Math.Cos(10)]).Should().OnlyContain(pair => pair.First == (float)pair.Second);
    }

    [Fact]
    public void Sines_may_come_before_cosines()
    {
        float[] halves = SinusoidalPositions.Table(7, 6, 100, RotaryStyle.HalfSplit);
        float[] neighbours = SinusoidalPositions.Table(7, 6, 100);

        halves.Chunk(6).SelectMany(row => new[] { row[0], row[3], row[1], row[4], row[2], row[5] }).Should().Equal(neighbours);
    }

    // A position less another one is a rotation of each pair, whatever the position: what the paper chose them for.
    [Fact]
    public void A_distance_is_a_rotation()
    {
        float[][] rows = [.. SinusoidalPositions.Table(64, 8).Chunk(8)];

        double Product(int first, int second) => rows[first].Zip(rows[second], (a, b) => (double)a * b).Sum();
        Product(3, 10).Should().BeApproximately(Product(50, 57), 1e-6);
        Product(5, 5).Should().BeApproximately(4, 1e-6);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        FluentActions.Invoking(() => SinusoidalPositions.Table(4, 3)).Should().Throw<ArgumentException>().WithMessage("*dimension is 3*even*");
        FluentActions.Invoking(() => SinusoidalPositions.Table(4, 4, 1)).Should().Throw<ArgumentException>().WithMessage("*base is 1*");
        FluentActions.Invoking(() => SinusoidalPositions.Table(int.MaxValue, 4)).Should().Throw<ArgumentException>().WithMessage("*at most*");
    }
}
