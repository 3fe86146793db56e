using AttentionKernels.Bench;
using AttentionKernels.Problems;
using AttentionKernels.Timing;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>What samples say: quantiles, whether times have come to rest, and whether one run is slower than another.</summary>
public class StatisticsTests
{
    [Fact]
    public void Quantiles_lie_between_the_values_beside_them()
    {
        var samples = new TimeSamples([5, 1, 4, 2, 3]);
        (samples.LowerQuartile, samples.Median, samples.UpperQuartile).Should().Be((2, 3, 4));

        new TimeSamples([4, 1]).Median.Should().Be(2.5);
        new TimeSamples([7]).UpperQuartile.Should().Be(7);
        TimeSamples.Quantile([10, 20, 30, 40], 0).Should().Be(10);
        TimeSamples.Quantile([10, 20, 30, 40], 1).Should().Be(40);
        TimeSamples.Quantile([10, 20, 30, 40], 0.25).Should().Be(17.5);
    }

    [Fact]
    public void Times_that_agree_window_by_window_are_steady()
    {
        var steady = new SteadyState(windowMilliseconds: 10);
        for (int run = 0; run < (10 * SteadyState.Windows) - 1; run++)
        {
            steady.Add(1);
            steady.IsReached.Should().BeFalse();
        }

        steady.Add(1);
        steady.IsReached.Should().BeTrue();
    }

    [Fact]
    public void Times_that_still_fall_are_not_steady_until_they_have_fallen()
    {
        // Code that is compiled anew on the way: slow, then fast at once.
        var steady = new SteadyState(windowMilliseconds: 10);
        for (double time = 8; time > 1; time *= 0.9)
        {
            steady.Add(time);
            steady.Add(time);
            steady.IsReached.Should().BeFalse();
        }

        for (int run = 0; run < 11 * (SteadyState.Windows + 1); run++)
            steady.Add(1);
        steady.IsReached.Should().BeTrue();
    }

    [Fact]
    public void An_interruption_within_a_window_does_not_unsettle_it()
    {
        var steady = new SteadyState(windowMilliseconds: 10);
        for (int run = 0; run < 100; run++)
            steady.Add(run % 9 == 4 ? 3 : 1);
        steady.IsReached.Should().BeTrue();
    }

    [Theory]
    [InlineData(0.01, 11)]
    [InlineData(0.03, 15)]
    [InlineData(0.06, 15)]
    [InlineData(0.02, 5)]
    public void Of_a_thousand_pairs_that_are_alike_none_is_a_regression(double deviation, int count)
    {
        var random = new Random(3);
        for (int pair = 0; pair < 1000; pair++)
        {
            RowComparison comparison = Bootstrap.Compare(Samples(random, 1, 1, deviation, count), Samples(random, 1, 1, deviation, count))!;
            comparison.Verdict.Should().NotBe(Verdict.Regression, "pair {0}: {1}", pair, comparison);
        }
    }

    [Theory]
    [InlineData(0.005, 11)]
    [InlineData(0.01, 15)]
    [InlineData(0.015, 31)]
    public void What_is_a_tenth_slower_is_a_regression_and_the_other_way_an_improvement(double deviation, int count)
    {
        var random = new Random(4);
        for (int pair = 0; pair < 200; pair++)
        {
            YardstickedSamples slow = Samples(random, 1.1, 1, deviation, count), fast = Samples(random, 1, 1, deviation, count);
            RowComparison slower = Bootstrap.Compare(slow, fast)!;
            slower.Verdict.Should().Be(Verdict.Regression, "pair {0}: {1}", pair, slower);
            slower.Ratio.Should().BeInRange(slower.Low, slower.High).And.BeInRange(1.05, 1.15);
            Bootstrap.Compare(fast, slow)!.Verdict.Should().Be(Verdict.Improvement);
        }
    }

    [Fact]
    public void An_interval_holds_the_true_ratio_about_as_often_as_it_says()
    {
        var random = new Random(5);
        int held = 0;
        for (int pair = 0; pair < 500; pair++)
        {
            RowComparison comparison = Bootstrap.Compare(Samples(random, 1.3, 1, 0.05, 21), Samples(random, 1, 1, 0.05, 21))!;
            held += comparison.Low <= 1.3 && 1.3 <= comparison.High ? 1 : 0;
        }

        held.Should().BeGreaterThan(475, "99 % of 500 are 495");
    }

    [Fact]
    public void Too_few_samples_are_not_compared() =>
        Bootstrap.Compare(
            new(new double[Bootstrap.FewestSamples - 1], new double[Bootstrap.FewestSamples]),
            new(new double[Bootstrap.FewestSamples], new double[Bootstrap.FewestSamples])).Should().BeNull();

    [Fact]
    public void Where_the_machine_is_slower_by_as_much_the_row_is_not_called_slower()
    {
        var random = new Random(6);
        for (int pair = 0; pair < 200; pair++)
        {
            YardstickedSamples quiet = Samples(random, 1, 1, 0.02, 15), busy = Samples(random, 1.7, 1.7, 0.1, 15);
            RowComparison comparison = Bootstrap.Compare(busy, quiet)!;
            comparison.Verdict.Should().Be(Verdict.Unclear);
            comparison.Machine.Should().BeInRange(1.4, 2);
            Bootstrap.Compare(quiet, busy)!.Verdict.Should().Be(Verdict.Unclear);
            Bootstrap.Compare(Samples(random, 3, 1.2, 0.05, 15), quiet)!.Verdict.Should().Be(Verdict.Regression, "it is slower by far more");
        }
    }

    [Fact]
    public void A_share_is_that_of_what_takes_longest()
    {
        var ceilings = new DeviceCeilings(100, 80, 1000, 1, 1);

        // 10⁹ operations take 1 ms at most, 10⁹ bytes 10 ms read and 12.5 ms copied.
        ceilings.ShareOf(new Work(1e9, 1e9, Traffic.Read), 20, fromMemory: true, byTensorCores: false).Should().Be((0.5, "read"));
        ceilings.ShareOf(new Work(1e9, 1e9, Traffic.Copy), 25, fromMemory: true, byTensorCores: false).Should().Be((0.5, "copy"));
        ceilings.ShareOf(new Work(4e10, 1e9, Traffic.Read), 80, fromMemory: true, byTensorCores: false).Should().Be((0.5, "FMA"));
        ceilings.ShareOf(new Work(1e9, 1e9, Traffic.Read), 2, fromMemory: false, byTensorCores: false).Should().Be((0.5, "FMA"));
        ceilings.ShareOf(new Work(1e9, 1e9, Traffic.Read), 2, fromMemory: false, byTensorCores: true).Should().BeNull();
        (ceilings with { TensorGigaflopsPerSecond = 4000 }).ShareOf(new Work(4e9, 1e6, Traffic.Read), 2, fromMemory: true, byTensorCores: true)
            .Should().Be((0.5, "tensor"));
        ceilings.ShareOf(default, 2, fromMemory: true, byTensorCores: false).Should().BeNull();
    }

    private static YardstickedSamples Samples(Random random, double median, double machine, double deviation, int count) =>
        new(Times(random, median, deviation, count), Times(random, machine, deviation / 2, count));

    // Times are positive, and more often far above than far below.
    private static double[] Times(Random random, double median, double deviation, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ => median * Math.Exp(
            deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))),
    ];
}
