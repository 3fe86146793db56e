using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>T5's buckets of distances.</summary>
[Trait("Speed", "Quick")]
public class RelativeBucketsTests
{
    // By thresholds that need no logarithm: bucket e + i begins where (distance/e)^(n − e) reaches (largest/e)^i, with e of n exact ones.
    [Theory, InlineData(32, 128, false), InlineData(32, 128, true), InlineData(8, 20, false), InlineData(6, 100, true), InlineData(2, 3, false)]
    public void A_bucket_is_that_of_the_paper(int buckets, int largest, bool isBidirectional)
    {
        int perDirection = isBidirectional ? buckets / 2 : buckets;
        int exact = perDirection / 2;
        for (int distance = -300; distance <= 300; distance++)
        {
            long apart = isBidirectional ? Math.Abs(distance) : Math.Max(0, -distance);
            int bucket = apart < exact ? (int)apart : exact + Enumerable.Range(1, perDirection - exact - 1).Count(Reaches);
            int first = isBidirectional && distance > 0 ? perDirection : 0;
            RelativeBuckets.Of(distance, buckets, largest, isBidirectional).Should().Be(first + bucket, "the distance is {0}", distance);

            bool Reaches(int step) => Power(apart, perDirection - exact) * Power(exact, step) >= Power(largest, step) * Power(exact, perDirection - exact);
        }

        static System.Numerics.BigInteger Power(long number, int exponent) => System.Numerics.BigInteger.Pow(number, exponent);
    }

    [Fact]
    public void The_ends_of_int_are_distances() =>
        (RelativeBuckets.Of(int.MinValue), RelativeBuckets.Of(int.MaxValue), RelativeBuckets.Of(int.MaxValue, isBidirectional: true)).Should().Be((31, 0, 31));

    [Fact]
    public void A_table_has_the_bias_of_each_distance_and_head()
    {
        float[] table = RelativeBuckets.Table([1f, 10f, 2f, 20f, 3f, 30f, 4f, 40f], heads: 2, largest: 4, isBidirectional: true);
        table.Should().Equal([2f, 2f, 2f, 2f, 1f, 4f, 4f, 4f, 4f, 20f, 20f, 20f, 20f, 10f, 40f, 40f, 40f, 40f]);
    }

    [Fact]
    public void Sizes_are_refused_by_name()
    {
        FluentActions.Invoking(() => RelativeBuckets.Of(0, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("buckets");
        FluentActions.Invoking(() => RelativeBuckets.Of(0, 32, 16)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("largest");
        FluentActions.Invoking(() => RelativeBuckets.Table([1f, 2f, 3f], 2)).Should().Throw<ArgumentException>().WithParameterName("bias");
        FluentActions.Invoking(() => RelativeBuckets.Table([1f], 0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("heads");
    }
}
