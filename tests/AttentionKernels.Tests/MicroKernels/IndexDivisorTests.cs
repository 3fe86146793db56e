using AttentionKernels.MicroKernels;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>A product and a shift divide as the processor does.</summary>
[Trait("Speed", "Quick")]
public class IndexDivisorTests
{
    private static readonly int[] _ends = [1, 2, 3, 5, 7, 16, 255, 256, 641, 65535, 65537, 1 << 30, (1 << 30) + 1, int.MaxValue - 1, int.MaxValue];

    [Fact]
    public void Quotients_are_exact_around_multiples_and_at_the_end()
    {
        foreach (int divisor in _ends)
        {
            long last = int.MaxValue / divisor * (long)divisor;
            foreach (long index in (long[])[0, 1, divisor - 1, divisor, divisor + 1L, last - 1, last, last + 1, int.MaxValue])
            {
                if (index is >= 0 and <= int.MaxValue)
                    Verify((int)index, divisor);
            }
        }
    }

    [Fact]
    public void Quotients_are_exact() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, int.MaxValue]).Sample(Verify);

    private static void Verify(int index, int divisor)
    {
        var by = new IndexDivisor(divisor);
        by.Quotient(index).Should().Be(index / divisor, "{0} is divided by {1}", index, divisor);
        by.Remainder(index).Should().Be(index % divisor);
        by.RunLength(index).Should().Be(divisor - (index % divisor));
    }
}
