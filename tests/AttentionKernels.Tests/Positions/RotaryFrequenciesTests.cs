using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Scalings of rotary frequencies are what their papers, and the code of models that were trained with them, say.</summary>
[Trait("Speed", "Quick")]
public class RotaryFrequenciesTests
{
    private const double LlamaBase = 500_000;

    [Fact]
    public void Frequencies_are_powers_of_the_base()
    {
        double[] frequencies = [.. new RotaryFrequencies(8).Values];

        VerifyNear(frequencies, [1, 0.1, 0.01, 0.001]);
        new RotaryFrequencies(8).AttentionFactor.Should().Be(1);
    }

    [Fact]
    public void Frequencies_may_be_one_s_own()
    {
        var frequencies = new RotaryFrequencies([2, 0.5, 0], attentionFactor: 1.5);

        frequencies.Values.ToArray().Should().Equal(2, 0.5, 0);
        frequencies.RotaryDimension.Should().Be(6);
        frequencies.AttentionFactor.Should().Be(1.5);
        frequencies.Linear(2).AttentionFactor.Should().Be(1.5, "a scaling keeps it");
    }

    [Fact]
    public void Linear_scaling_interpolates_positions() =>
        new RotaryFrequencies(64).Linear(4).Values.ToArray().Should().Equal([.. new RotaryFrequencies(64).Values.ToArray().Select(frequency => frequency / 4)]);

    // The base is chosen so that the lowest frequency is interpolated by the whole stretch, and the highest one not at all.
    [Fact]
    public void Dynamic_scaling_stretches_the_lowest_frequency_and_leaves_the_highest()
    {
        var plain = new RotaryFrequencies(64);

        double[] scaled = [.. plain.DynamicNtk(2, trainedPositions: 2048, positions: 6144).Values];

        scaled[0].Should().Be(1);
        scaled[^1].Should().BeApproximately(plain.Values[^1] / ((2 * 3) - 1), 1e-12);
        scaled.Should().BeInDescendingOrder();
        plain.DynamicNtk(2, 2048, 2048).Values.ToArray().Should().Equal(plain.Values.ToArray(), "positions that were trained need no other frequencies");
        plain.DynamicNtk(1.1, 2048, 100).Values.ToArray().Should().Equal(plain.Values.ToArray());
    }

    // As Hugging Face computes them, with its names.
    [Theory]
    [InlineData(128, 10_000, 4, 4096)]
    [InlineData(64, 10_000, 40, 4096)]
    [InlineData(128, 1_000_000, 4, 32_768)]
    [InlineData(16, 10_000, 0.5, 64)]
    [InlineData(8, 10_000, 2, 4)]
    public void Yarn_ramps_from_kept_to_interpolated_frequencies(int dim, double theta, double factor, int original)
    {
        double[] extrapolation = [.. Enumerable.Range(0, dim / 2).Select(index => 1 / Math.Pow(theta, 2.0 * index / dim))];
        double[] interpolation = [.. extrapolation.Select(frequency => frequency / factor)];
        double low = Math.Max(Math.Floor(CorrectionDim(32)), 0);
        double high = Math.Min(Math.Ceiling(CorrectionDim(1)), dim - 1);
        if (low == high)
            high += 0.001;
        double[] keep = [.. Enumerable.Range(0, dim / 2).Select(index => 1 - Math.Min(1, Math.Max(0, (index - low) / (high - low))))];

        RotaryFrequencies scaled = new RotaryFrequencies(dim, theta).Yarn(factor, original);

        VerifyNear([.. scaled.Values], [.. interpolation.Zip(extrapolation, keep).Select(parts => (parts.First * (1 - parts.Third)) + (parts.Second * parts.Third))]);
        scaled.AttentionFactor.Should().BeApproximately(factor <= 1 ? 1 : (0.1 * Math.Log(factor)) + 1, 1e-12);

        double CorrectionDim(double rotations) => dim * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    [Fact]
    public void Yarn_may_ramp_between_any_places()
    {
        double[] rounded = [.. new RotaryFrequencies(64).Yarn(8, 4096).Values];
        double[] exact = [.. new RotaryFrequencies(64).Yarn(8, 4096, new YarnOptions { RoundsToPairs = false }).Values];

        // From pair 10.47 to 22.51.
        int[] between = [.. Enumerable.Range(0, 32).Where(pair => rounded[pair] != exact[pair])];
        between.Should().BeEquivalentTo(Enumerable.Range(11, 12));
    }

    [Fact]
    public void Yarn_interpolates_where_no_pair_turns_often()
    {
        var plain = new RotaryFrequencies(16);

        VerifyNear([.. plain.Yarn(4, trainedPositions: 1).Values], [1, .. plain.Values[1..].ToArray().Select(frequency => frequency / 4)]);
    }

    [Fact]
    public void Yarn_takes_other_turns_and_another_attention_factor()
    {
        var plain = new RotaryFrequencies(128);

        RotaryFrequencies scaled = plain.Yarn(8, 4096, new YarnOptions { FastTurns = 64, SlowTurns = 4, AttentionFactor = 1.25 });

        double[] ratios = [.. scaled.Values.ToArray().Zip(plain.Values.ToArray(), (actual, original) => original / actual)];
        double[] turns = [.. plain.Values.ToArray().Select(frequency => 4096 * frequency / (2 * Math.PI))];
        ratios.Zip(turns).Where(pair => pair.Second > 64).Should().NotBeEmpty().And.OnlyContain(pair => pair.First < 1.2);
        ratios.Zip(turns).Where(pair => pair.Second < 4).Should().NotBeEmpty().And.OnlyContain(pair => pair.First > 6);
        ratios.Should().BeInAscendingOrder();
        scaled.AttentionFactor.Should().Be(1.25);
    }

    // As Hugging Face computes them, case by case.
    [Fact]
    public void Llama_3_smooths_between_two_wavelengths()
    {
        var plain = new RotaryFrequencies(128, LlamaBase);
        var expected = new List<double>();
        foreach (double frequency in plain.Values)
        {
            double wavelength = 2 * Math.PI / frequency;
            double smooth = ((8192 / wavelength) - 1) / (4 - 1);
            expected.Add(wavelength > 8192.0 ? frequency / 8 : wavelength < 8192.0 / 4 ? frequency : ((1 - smooth) * frequency / 8) + (smooth * frequency));
        }

        double[] scaled = [.. plain.Llama3(8, 8192).Values];

        VerifyNear(scaled, [.. expected]);
        scaled.Zip(plain.Values.ToArray(), (actual, original) => original / actual).Distinct().Should().HaveCountGreaterThan(3, "some are between");
    }

    [Fact]
    public void Long_rope_divides_each_frequency_by_its_factor()
    {
        var plain = new RotaryFrequencies(8);

        RotaryFrequencies scaled = plain.LongRope([1, 1.5, 2, 4], trainedPositions: 4096, stretch: 32);

        VerifyNear([.. scaled.Values], [1, 0.1 / 1.5, 0.01 / 2, 0.001 / 4]);
        scaled.AttentionFactor.Should().BeApproximately(Math.Sqrt(1 + (5.0 / 12)), 1e-12, "32 and 4096 are powers of 2");
        plain.LongRope([1, 1, 1, 1], 4096, stretch: 0.5).AttentionFactor.Should().Be(1);
    }

    [Fact]
    public void Scalings_refuse_what_they_cannot_scale()
    {
        var own = new RotaryFrequencies([1, 0.5]);
        var plain = new RotaryFrequencies(8);

        FluentActions.Invoking(() => own.Yarn(4, 4096)).Should().Throw<InvalidOperationException>().WithMessage("*of a base*");
        FluentActions.Invoking(() => plain.Linear(2).DynamicNtk(2, 10, 20)).Should().Throw<InvalidOperationException>().WithMessage("*of a base*");
        FluentActions.Invoking(() => new RotaryFrequencies(2).DynamicNtk(2, 10, 20)).Should().Throw<InvalidOperationException>().WithMessage("*more pairs*");
        FluentActions.Invoking(() => plain.LongRope([1, 2], 10, 2)).Should().Throw<ArgumentException>().WithMessage("*2 factors*each pair, 4*");
        FluentActions.Invoking(() => plain.Llama3(8, 100, 4, 4)).Should().Throw<ArgumentException>().WithMessage("*high factor is 4*greater*4*");
        FluentActions.Invoking(() => plain.Yarn(4, 100, new YarnOptions { FastTurns = 1 })).Should().Throw<ArgumentException>().WithMessage("*fast turns are 1*slow turns, 1*");
        FluentActions.Invoking(() => new RotaryFrequencies([])).Should().Throw<ArgumentException>().WithMessage("*no frequencies*");
        FluentActions.Invoking(() => new RotaryFrequencies([double.NaN])).Should().Throw<ArgumentException>().WithMessage("*frequency is NaN*");
        FluentActions.Invoking(() => new RotaryFrequencies([1], 1e300)).Should().Throw<ArgumentException>().WithParameterName("attentionFactor");
        FluentActions.Invoking(() => plain.Linear(1e-310)).Should().Throw<ArgumentException>().WithMessage("*'factor'*").WithParameterName("factor");
        FluentActions.Invoking(() => plain.DynamicNtk(1e300, 10, 20)).Should().Throw<ArgumentException>().WithMessage("*base*not finite*").WithParameterName("factor");
    }

    private static void VerifyNear(double[] actual, double[] expected)
    {
        actual.Should().HaveSameCount(expected);
        actual.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) <= 1e-12 * Math.Abs(pair.Second));
    }
}
