using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

[Trait("Speed", "Quick")]
public class TensorShapeTests
{
    [Fact]
    public void A_shape_has_its_extents_outermost_first()
    {
        TensorShape shape = [2, 3, 5];

        shape.Rank.Should().Be(3);
        shape[0].Should().Be(2);
        shape[^1].Should().Be(5);
        shape.Should().Equal(2, 3, 5);
        shape.ElementCount.Should().Be(30);
        shape.ToString().Should().Be("[2, 3, 5]");
    }

    [Fact]
    public void No_dimensions_are_one_element()
    {
        TensorShape shape = [];

        shape.Rank.Should().Be(0);
        shape.ElementCount.Should().Be(1);
        shape.DenseStrides().Should().Equal(shape);
        shape.ToString().Should().Be("[]");
    }

    [Fact]
    public void Dense_strides_are_the_products_of_the_inner_extents() =>
        Gen.Long[1, 9].Array[1, TensorShape.MaximumRank].Sample(extents =>
        {
            TensorShape strides = TensorShape.Create(extents).DenseStrides();
            for (int dimension = 0; dimension < extents.Length; dimension++)
                strides[dimension].Should().Be(extents[(dimension + 1)..].Aggregate(1L, (product, extent) => product * extent));
        });

    [Fact]
    public void Equality_goes_by_rank_and_extents()
    {
        TensorShape shape = [2, 3];

        (shape == [2, 3]).Should().BeTrue();
        (shape != [3, 2]).Should().BeTrue();
        (shape == [2, 3, 0]).Should().BeFalse("the rank differs, although what lies behind the extents is 0");
        shape.Equals((object)TensorShape.Create([2, 3])).Should().BeTrue();
        shape.Equals("[2, 3]").Should().BeFalse();
        shape.GetHashCode().Should().Be(TensorShape.Create([2, 3]).GetHashCode());
    }

    [Fact]
    public void With_replaces_one_extent_of_a_copy()
    {
        TensorShape shape = [2, 3, 5];

        shape.With(1, 7).Should().Equal(2, 7, 5);
        shape.Should().Equal(2, 3, 5);
        shape.Invoking(unchanged => unchanged.With(3, 1)).Should().Throw<ArgumentOutOfRangeException>();
        shape.Invoking(unchanged => unchanged.With(-1, 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void The_largest_rank_is_8()
    {
        TensorShape.Create(new long[TensorShape.MaximumRank]).Rank.Should().Be(8);
        Action create = () => TensorShape.Create(new long[TensorShape.MaximumRank + 1]);
        create.Should().Throw<ArgumentException>().WithMessage("*at most 8*9 were given*");
    }

    [Fact]
    public void Dimensions_that_are_not_there_are_refused()
    {
        TensorShape shape = [2, 3];

        shape.Invoking(unchanged => unchanged[2]).Should().Throw<ArgumentOutOfRangeException>();
        shape.Invoking(unchanged => unchanged[^3]).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Element_counts_are_64_bit_and_checked()
    {
        TensorShape.Create([1L << 20, 1L << 20]).ElementCount.Should().Be(1L << 40);
        TensorShape.Create([1L << 40, 1L << 40]).Invoking(shape => shape.ElementCount).Should().Throw<OverflowException>();
    }
}
