using AttentionKernels.MicroKernels;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

public sealed class DivisionTests
{
    [Fact]
    public void Narrow_and_wide_indices_divide_alike()
    {
        Gen.Select(Gen.OneOf(Gen.Long[0, 1000], Gen.Long[int.MaxValue - 1000L, int.MaxValue + 1000L], Gen.Long[0, long.MaxValue]),
            Gen.OneOf(Gen.Int[1, 70], Gen.Int[1, int.MaxValue]))
            .Sample((index, divisor) =>
            {
                (long quotient, long remainder) = Math.DivRem(index, divisor);
                Division.Of(index, divisor).Should().Be(new Division(quotient, (int)remainder));
            });
    }
}
