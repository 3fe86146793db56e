using AttentionKernels.Formats;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Formats;

/// <summary>A scale is a power of two that is a normal fp16 number, times what is left of it.</summary>
[Trait("Speed", "Quick")]
public class HalfPairTests
{
    [Theory]
    [InlineData(1f, 1f), InlineData(0.75f, 0.5f), InlineData(-0.3f, 0.25f), InlineData(0.0236f, 0.015625f)]
    [InlineData(6e-5f, 1f / (1 << 14)), InlineData(1e-12f, 1f / (1 << 14)), InlineData(1e-42f, 1f / (1 << 14)), InlineData(0f, 1f / (1 << 14))]
    [InlineData(1000f, 1f), InlineData(-65504f, 1f)]
    public void A_scale_is_taken_apart_exactly(float scale, float power)
    {
        uint pair = HalfPair.Power(scale);

        BitConverter.UInt16BitsToHalf((ushort)pair).Should().Be((Half)power);
        (pair >> 16).Should().Be(pair & 0xFFFF);
        HalfPair.Rest(scale).Should().Be(scale / power);
    }

    [Theory]
    [InlineData(float.NaN), InlineData(65536f), InlineData(-1e20f), InlineData(float.PositiveInfinity)]
    public void Of_a_scale_that_fp16_does_not_reach_no_number_is_left(float scale) => HalfPair.Rest(scale).Should().Be(float.NaN);

    [Fact]
    public void Numbers_stand_side_by_side() => HalfPair.Of(1f, -2f).Should().Be(0xC000_3C00);
}
