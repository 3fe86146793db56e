using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Formats;

[Trait("Speed", "Quick")]
public class BFloat16Tests
{
    [Fact]
    public void Every_number_is_the_upper_half_of_a_float()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var number = BFloat16.FromBits((ushort)bits);
            BitConverter.SingleToUInt32Bits((float)number).Should().Be((uint)bits << 16);
            if (!float.IsNaN((float)number))
                ((BFloat16)(float)number).Bits.Should().Be((ushort)bits);
        }
    }

    [Fact]
    public void A_float_becomes_the_nearest_number_and_of_two_the_even_one()
    {
        var random = new Random(5);
        for (int repeat = 0; repeat < 200_000; repeat++)
        {
            // A third of them lie half way between two numbers, or next to it.
            uint bits = (uint)random.NextInt64(1L << 32);
            bits = (repeat % 3) switch { 0 => bits, 1 => (bits & 0xFFFF_0000) | 0x8000, _ => (bits & 0xFFFF_0000) | (uint)random.Next(0x7FFE, 0x8003) };
            float value = BitConverter.UInt32BitsToSingle(bits);
            if (!float.IsNaN(value))
                ((BFloat16)value).Bits.Should().Be(StoredType.NearestBf16(value), "of {0:G9}", value);
        }
    }

    [Theory]
    [InlineData(0x7F80_0001u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFFu)]
    [InlineData(0xFF80_8000u)]
    public void NaN_stays_NaN_whatever_its_payload(uint bits) => float.IsNaN((float)(BFloat16)BitConverter.UInt32BitsToSingle(bits)).Should().BeTrue();

    [Fact]
    public void What_is_too_large_becomes_infinite() => ((float)(BFloat16)float.MaxValue).Should().Be(float.PositiveInfinity);

    [Fact]
    public void Equality_is_that_of_numbers()
    {
        var one = (BFloat16)1f;
        var zero = (BFloat16)0f;
        var negativeZero = (BFloat16)(-0f);
        var nan = (BFloat16)float.NaN;

        (one == (BFloat16)1f).Should().BeTrue();
        (one != zero).Should().BeTrue();
        (zero == negativeZero).Should().BeTrue();
        zero.GetHashCode().Should().Be(negativeZero.GetHashCode());
        (nan == BFloat16.FromBits(nan.Bits)).Should().BeFalse();
        nan.Equals(BFloat16.FromBits(nan.Bits)).Should().BeTrue();
        one.Equals((object)1f).Should().BeFalse();
        one.ToString().Should().Be("1");
    }
}
