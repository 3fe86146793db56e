using FluentAssertions;
using Xunit;
using Xunit.Sdk;

namespace AttentionKernels.Tests.Oracle;

/// <summary>What every result is compared with is compared with the definition by hand.</summary>
[Trait("Speed", "Quick")]
public class OracleTests
{
    [Fact]
    public void Two_keys_with_equal_scores_give_the_mean_of_their_values()
    {
        var inputs = new AttentionInputs
        {
            Query = [1f, 1f],
            Key = [2f, 0f, 0f, 2f],
            Value = [1f, 2f, 3f, 6f],
            Keys = 2,
            HeadDimension = 2,
            Scale = 0.5f,
        };

        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, new NoMask(), new NoModifier());

        output.Should().Equal(2, 4);
        logSumExp[0].Should().BeApproximately(1 + Math.Log(2), 1e-15);
        AttentionOracle.Sequential(inputs, new NoMask(), new NoModifier()).Should().Equal(2f, 4f);
    }

    [Fact]
    public void A_fully_masked_row_gives_zero_and_minus_infinity_and_hides_NaN()
    {
        // Two queries and one key, aligned bottom-right: the first query sees nothing.
        var inputs = new AttentionInputs
        {
            Query = [1f, 1f],
            Key = [float.NaN],
            Value = [float.NaN],
            Queries = 2,
            Keys = 1,
            HeadDimension = 1,
        };

        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());

        output.Should().Equal(0, double.NaN);
        logSumExp.Should().Equal(double.NegativeInfinity, double.NaN);
        AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier()).Should().Equal(0f, float.NaN);
    }

    [Fact]
    public void Head_groups_share_a_kv_head()
    {
        var inputs = new AttentionInputs
        {
            Query = [1f, 1f, 1f, 1f],
            Key = [1f, 1f],
            Value = [5f, 7f],
            Heads = 4,
            KeyValueHeads = 2,
            Keys = 1,
            HeadDimension = 1,
        };

        AttentionOracle.Compute(inputs, new NoMask(), new NoModifier()).Output.Should().Equal(5, 5, 7, 7);
    }

    [Fact]
    public void A_score_of_minus_infinity_masks()
    {
        var inputs = new AttentionInputs { Query = [1f], Key = [1f, 1f], Value = [5f, float.NaN], Keys = 2, HeadDimension = 1 };

        AttentionOracle.Compute(inputs, new NoMask(), new FirstKeyOnly()).Output.Should().Equal(5);
        AttentionOracle.Sequential(inputs, new NoMask(), new FirstKeyOnly()).Should().Equal(5f);
    }

    [Fact]
    public void The_sequential_loop_agrees_with_the_oracle_to_fp32()
    {
        var inputs = new AttentionInputs
        {
            Query = RandomData.Normal(1, 2 * 9 * 4 * 16),
            Key = RandomData.Normal(2, 2 * 20 * 2 * 16),
            Value = RandomData.Normal(3, 2 * 20 * 2 * 16),
            Batch = 2,
            Heads = 4,
            KeyValueHeads = 2,
            Queries = 9,
            Keys = 20,
            HeadDimension = 16,
        };

        (double[] output, _) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
        float[] sequential = AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier());

        sequential.Zip(output, (left, right) => Math.Abs(left - right)).Max().Should().BeInRange(1e-9, 2e-6);
        ErrorRule.Verify(sequential, output, sequential, inputs.Value);
    }

    [Fact]
    public void Rows_alone_are_those_of_the_whole_and_a_sink_takes_its_share()
    {
        var inputs = new AttentionInputs
        {
            Query = RandomData.Normal(1, 2 * 3 * 4 * 8),
            Key = RandomData.Normal(2, 2 * 5 * 2 * 8),
            Value = RandomData.Normal(3, 2 * 5 * 2 * 8),
            Batch = 2,
            Heads = 4,
            KeyValueHeads = 2,
            Queries = 3,
            Keys = 5,
            HeadDimension = 8,
        };
        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
        float[] sequential = AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier());
        (int Batch, int Head, int Query)[] places = [(1, 3, 0), (0, 2, 2)];
        OracleRows rows = new(places);

        (double[] some, float[] someSequential) = AttentionOracle.ComputeRows(inputs, new CausalMask(), new NoModifier(), rows);
        (double[] shared, _) = AttentionOracle.ComputeRows(inputs, new CausalMask(), new NoModifier(), rows with { Sink = head => head });

        for (int row = 0; row < places.Length; row++)
        {
            (int batch, int head, int query) = places[row];
            int first = inputs.QueryRow(batch, head, query);
            some[(8 * row)..(8 * (row + 1))].Should().Equal(output[first..(first + 8)]);
            someSequential[(8 * row)..(8 * (row + 1))].Should().Equal(sequential[first..(first + 8)]);
            double sum = Math.Exp(logSumExp[inputs.StateIndex(batch, head, query)]);
            for (int element = 0; element < 8; element++)
                shared[(8 * row) + element].Should().BeApproximately(output[first + element] * sum / (sum + Math.Exp(head)), 1e-14);
        }
    }

    [Fact]
    public void The_error_rule_refuses_an_error_above_twice_that_of_the_loop()
    {
        Action within = () => ErrorRule.Verify([1.000002f], [1.0], [1.000001f], [1f]);
        Action above = () => ErrorRule.Verify([1.00001f], [1.0], [1.000001f], [1f]);

        within.Should().NotThrow();
        above.Should().Throw<XunitException>().WithMessage("*element 0*bound*");
    }

    [Theory]
    [InlineData(float.NaN, 1.0)]
    [InlineData(1f, double.NaN)]
    [InlineData(float.NegativeInfinity, 0.0)]
    [InlineData(0f, double.NegativeInfinity)]
    public void The_error_rule_refuses_NaN_and_infinity_where_the_oracle_has_none_and_their_absence(float result, double oracle)
    {
        Action output = () => ErrorRule.Verify([result], [oracle], [result], [1f]);
        Action logSumExp = () => ErrorRule.VerifyLogSumExp([result], [oracle]);

        output.Should().Throw<XunitException>();
        logSumExp.Should().Throw<XunitException>();
    }

    [Fact]
    public void Norms_have_the_moments_they_promise()
    {
        float[] input = RandomData.Normal(4, 6 * 50, deviation: 3f, mean: 2f);
        float[] ones = [.. Enumerable.Repeat(1f, 50)];

        double[] layer = NormalizationOracle.Layer(input, ones, new float[50], 50, 0f);
        double[] rms = NormalizationOracle.Rms(input, ones, 50, 0f);

        layer.Chunk(50).Should().AllSatisfy(row => row.Average().Should().BeApproximately(0, 1e-12));
        layer.Chunk(50).Should().AllSatisfy(row => row.Average(element => element * element).Should().BeApproximately(1, 1e-12));
        rms.Chunk(50).Should().AllSatisfy(row => row.Average(element => element * element).Should().BeApproximately(1, 1e-12));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rotation_keeps_the_length_of_a_head(bool interleaved)
    {
        float[] input = RandomData.Normal(5, 3 * 2 * 8);

        double[] rotated = RotaryOracle.OfBase(10_000, 8, interleaved).Compute(input, [0, 7, 1000], 2, 8);

        rotated.Take(16).Should().Equal(input.Take(16).Select(element => (double)element));
        rotated.Chunk(8).Zip(input.Chunk(8)).Should().AllSatisfy(row =>
            row.First.Sum(element => element * element).Should().BeApproximately(row.Second.Sum(element => (double)element * element), 1e-9));
    }

    private readonly struct FirstKeyOnly : IScoreModifier<FirstKeyOnly>
    {
        public static float Apply(in FirstKeyOnly self, float score, in Position at) => at.Key == 0 ? score : float.NegativeInfinity;
    }
}
