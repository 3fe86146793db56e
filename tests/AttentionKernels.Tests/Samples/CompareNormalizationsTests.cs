using AttentionKernels.Samples.CompareNormalizations;
using AttentionKernels.Samples.CompareNormalizations.Experiments;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Spectre.Console;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>What the CompareNormalizations sample says of the norms is so: where each breaks, and where it does not.</summary>
public class CompareNormalizationsTests(TestDevices devices) : DeviceTests(devices)
{
    // Where nothing breaks, what is left is rounding.
    private const double Rounding = 1e-6;

    private static readonly Population _population = new(seed: 5, features: 32);

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void The_error_of_batch_norm_falls_with_the_root_of_the_batch(Backend backend)
    {
        Finding finding = Run(backend, BatchSize.Run);

        double?[] errors = [.. finding[Norm.BatchTraining].Values];
        errors[0].Should().BeNull();
        double[] known = [.. errors.Skip(1).Select(error => error!.Value)];
        Slope(finding.Points.Values.Skip(1), known).Should().BeInRange(-0.65, -0.35);
        finding[Norm.BatchInference].Values.Skip(1).Zip(known)
            .Should().OnlyContain(pair => 0 < pair.First && pair.First < 0.5 * pair.Second);
        finding.Explanation.Should().Contain("1 value a channel; training needs at least 2");
        foreach (Norm norm in new[] { Norm.Layer, Norm.Rms, Norm.Group })
            finding[norm].Values.Should().HaveCount(9).And.OnlyContain(error => error == 0, "{0} norm knows no batch", norm);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Padding_leaks_into_statistics_of_several_tokens_only(Backend backend)
    {
        Finding finding = Run(backend, NeighbourLength.Run);

        foreach (Norm norm in new[] { Norm.BatchInference, Norm.Layer, Norm.Rms })
            finding[norm].Values.Should().OnlyContain(change => change == 0, "{0} sees no padding", norm);
        foreach (Norm norm in new[] { Norm.BatchTraining, Norm.Group })
            finding[norm].Values.Should().BeInAscendingOrder().And.HaveElementAt(0, 0);
        finding[Norm.BatchTraining].Values[^1].Should().BeGreaterThan(1);
        finding[Norm.Comparison].Values.Skip(1).Zip(finding[Norm.BatchTraining].Values.Skip(1))
            .Should().OnlyContain(pair => 0 < pair.First && pair.First < 0.25 * pair.Second);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Running_statistics_belong_to_a_length(Backend backend)
    {
        Finding finding = Run(backend, TestLength.Run);

        int trained = finding.Points.Values.Index().Single(length => length.Item == 64).Index;
        double?[] changes = [.. finding[Norm.BatchInference].Values];
        changes[trained].Should().Be(0);
        changes[^1].Should().BeGreaterThan(0.2).And.BeGreaterThan(finding[Norm.Layer].Values[^1]!.Value);
        finding[Norm.Layer].Values[^1].Should().BeGreaterThan(0.05, "layer norm does not centre a feature either");
        finding[Norm.BatchTraining].Values.Should().OnlyContain(change => change < Rounding);
    }

    [Theory, EachBackend]
    public void A_common_shift_is_removed_by_what_subtracts_the_mean_of_the_input(Backend backend)
    {
        Finding finding = Run(backend, CommonShift.Run);

        finding[Norm.BatchInference].Values.Zip(finding.Points.Values)
            .Should().OnlyContain(pair => Math.Abs(pair.First!.Value - pair.Second) < 1e-3);
        finding[Norm.Rms].Values[^1].Should().BeInRange(0.5, 2);
        foreach (Norm norm in new[] { Norm.BatchTraining, Norm.Layer, Norm.Group })
            finding[norm].Values.Should().OnlyContain(change => change < Rounding, "{0} norm re-centres", norm);
    }

    [Theory, EachBackend]
    public void A_shift_of_each_feature_is_removed_by_batch_norm_in_training_only(Backend backend)
    {
        Finding finding = Run(backend, FeatureShift.Run);

        finding[Norm.BatchInference].Values.Zip(finding.Points.Values)
            .Should().OnlyContain(pair => Math.Abs(pair.First!.Value - pair.Second) < 1e-3);
        finding[Norm.BatchTraining].Values.Should().OnlyContain(change => change < Rounding);
        foreach (Norm norm in new[] { Norm.Layer, Norm.Rms, Norm.Group })
            finding[norm].Values.Should().BeInAscendingOrder().And.Match(changes => changes.Last() > 1 && changes.Last() < 2);

        // Ups and downs leave a token's mean where it was.
        finding[Norm.Layer].Values.Zip(finding[Norm.Rms].Values).Should().OnlyContain(pair => Math.Abs(pair.First!.Value - pair.Second!.Value) < 0.05);
    }

    [Theory, EachBackend]
    public void Means_of_outputs_are_the_shift_by_running_statistics_and_0_by_layer_norm(Backend backend)
    {
        const int Tokens = 2048;
        const double Shift = 3;
        var norms = new Normalizer(Device(backend));
        double Shifted(float value, int index) => value + (Shift * _population.Deviations[index % 32]);
        float[] tokens = [.. _population.Draw(7, Tokens).Select((value, index) => (float)Shifted(value, index))];
        using RunningStatistics trained = norms.Trained(_population);

        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(norms.BatchInference(tokens, [Tokens, 32], trained), 32);
        mean.Should().OnlyContain(value => Math.Abs(value - Shift) < 5 / Math.Sqrt(Tokens));
        variance.Should().OnlyContain(value => Math.Abs(value - 1) < 0.25);
        norms.Layer(tokens, 32).Chunk(32).Should().OnlyContain(row => Math.Abs(row.Average()) < Rounding);
    }

    [Theory, EachBackend]
    public void A_factor_moves_nothing_but_batch_norm_by_running_statistics(Backend backend)
    {
        Finding finding = Run(backend, Scale.Run);

        finding[Norm.BatchInference].Values.Where((_, step) => finding.Points.Values[step] != 1)
            .Should().OnlyContain(change => change > 0.5);
        foreach (Norm norm in new[] { Norm.BatchTraining, Norm.Layer, Norm.Rms, Norm.Group })
            finding[norm].Values.Should().OnlyContain(change => change < 1e-3, "{0} norm divides by the input's own scale", norm);
    }

    [Theory, EachBackend]
    public void One_large_feature_takes_the_others_of_its_token_or_group_down(Backend backend)
    {
        Finding finding = Run(backend, OutlierFeature.Run);

        foreach (Norm norm in new[] { Norm.BatchTraining, Norm.BatchInference })
            finding[norm].Values.Should().OnlyContain(change => change == 0, "{0} has statistics of each feature", norm);
        foreach (Norm norm in new[] { Norm.Layer, Norm.Rms })
            finding[norm].Values[^1].Should().BeInRange(0.8, 1.2);
        finding[Norm.Group].Values[^1].Should().BeInRange(0.2, 0.6);
    }

    [Theory, EachBackend]
    public void Large_means_cost_naive_sums_all_digits_and_the_library_none(Backend backend)
    {
        Finding finding = Run(backend, LargeMean.Run);

        foreach (Norm norm in new[] { Norm.BatchTraining, Norm.Layer, Norm.Rms, Norm.Group })
            finding[norm].Values.Should().OnlyContain(error => error < 1e-5, "{0} norm compensates its sums", norm);
        finding[Norm.Comparison].Values.TakeLast(3).Should().OnlyContain(error => error > 1);
        finding[Norm.BatchInference].Values[^1].Should().BeInRange(1e-3, 0.1, "a running mean of a million is right to 1/32");
    }

    [Fact]
    public void A_population_has_the_statistics_that_it_states()
    {
        const int Tokens = 20_000;
        double[] outputs = _population.Normalize(_population.Draw(3, Tokens));

        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments([.. outputs.Select(value => (float)value)], 32);
        mean.Should().OnlyContain(value => Math.Abs(value) < 5 / Math.Sqrt(Tokens));
        variance.Should().OnlyContain(value => Math.Abs(value - 1) < 0.08);
        outputs.Average(value => Math.Pow(value, 4)).Should().BeGreaterThan(3.5, "tails are heavier than normal ones, with 3");
        outputs.Chunk(32).Average(token => token[0] * token[1]).Should().BeInRange(0.1, 0.3);
        _population.Draw(3, 2).Should().Equal(_population.Draw(3, Tokens)[..64]).And.NotEqual(_population.Draw(4, 2));
    }

    [Fact]
    public void Shorter_sentences_are_filled_up_with_zeros()
    {
        var batch = new PaddedBatch([[1f, 2f], [3f, 4f, 5f, 6f]], features: 2);

        batch.TokensFirst().Should().Equal(1f, 2f, 0f, 0f, 3f, 4f, 5f, 6f);
        batch.FeaturesFirst().Should().Equal(1f, 0f, 2f, 0f, 3f, 5f, 4f, 6f);
        batch.TokensFirst(batch.FeaturesFirst()).Should().Equal(batch.TokensFirst());
        batch.FirstOf(batch.TokensFirst()).Should().Equal(1f, 2f);
    }

    [Fact]
    public void Tables_and_pictures_show_what_is_refused_and_what_is_0()
    {
        var finding = new Finding("A title", new Axis("steps", [1, 10], Logarithmic: true),
            [new Line(Norm.BatchTraining, [null, 0.25]), new Line(Norm.Layer, [0, 0]), new Line(Norm.Comparison, [2, 3], "another")])
        {
            Measure = new Measure("error", Logarithmic: true),
            Explanation = "It breaks.",
        };
        using var text = new StringWriter();
        string picture = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No };
            new FindingTable(AnsiConsole.Create(settings)).Write(finding);
            FindingPicture.Write(new FileInfo(picture), [finding, finding, finding]);

            text.ToString().Should().MatchRegex("1 │ +refused │ +0 │ +2.0e0 │")
                .And.MatchRegex("10 │ +2.5e-1 │ +0 │").And.Contain("It breaks.");
            File.ReadAllBytes(picture).Should().StartWith([0x89, (byte)'P', (byte)'N', (byte)'G']);
        }
        finally
        {
            File.Delete(picture);
        }
    }

    [Theory]
    [InlineData("--features", "20"), InlineData("--features", "8"), InlineData("--seed", "x"), InlineData("--device", " ")]
    [InlineData("--plot")]
    public void Wrong_arguments_are_refused(params string[] arguments) =>
        Options.Run(arguments, _ => throw new InvalidOperationException("It ran.")).Should().Be(1);

    private Finding Run(Backend backend, Func<Normalizer, Population, Finding> experiment) =>
        experiment(new Normalizer(Device(backend)), _population);

    // Of the line through the logarithms.
    private static double Slope(IEnumerable<double> values, IReadOnlyList<double> errors)
    {
        double[] x = [.. values.Select(value => Math.Log(value))], y = [.. errors.Select(error => Math.Log(error))];
        double middleX = x.Average(), middleY = y.Average();
        return x.Zip(y, (left, right) => (left - middleX) * (right - middleY)).Sum() / x.Sum(left => (left - middleX) * (left - middleX));
    }
}
