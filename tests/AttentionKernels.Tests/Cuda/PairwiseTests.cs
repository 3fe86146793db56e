using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Every possible pair of values is in a row, and rows are few.</summary>
public class PairwiseTests
{
    [Fact]
    public void Every_pair_is_in_a_row_and_rows_are_few()
    {
        int[] counts = [4, 3, 2, 2];

        int[][] rows = [.. Pairwise.Rows(counts, _ => true)];

        rows.Length.Should().BeInRange(4 * 3, 4 * 3 + 3);
        for (int first = 0; first < counts.Length; first++)
        {
            for (int second = first + 1; second < counts.Length; second++)
                rows.Select(row => (row[first], row[second])).Distinct().Should().HaveCount(counts[first] * counts[second]);
        }
    }

    [Fact]
    public void A_pair_that_no_possible_row_has_is_left_out()
    {
        int[][] rows = [.. Pairwise.Rows([2, 2, 2], row => row[0] == row[1])];

        rows.Should().OnlyContain(row => row[0] == row[1]);
        rows.Select(row => (row[0], row[2])).Distinct().Should().HaveCount(4);
    }
}
