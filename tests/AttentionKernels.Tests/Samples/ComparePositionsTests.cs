using System.Numerics;
using AttentionKernels.Samples.ComparePositions.Decay;
using AttentionKernels.Samples.ComparePositions.Perplexity;
using AttentionKernels.Samples.Llama;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The ComparePositions sample measures the perplexity that decoding has, and scores by the formulas of the papers.</summary>
public class ComparePositionsTests(TestDevices devices) : DeviceTests(devices)
{
    // Of stories260K.
    private const int HeadDimension = 8, TrainedPositions = 512;

    private const double Factor = 4;
    private const int Distances = 300;

    [Theory, EachBackend]
    public void Losses_are_those_of_decoding_token_by_token(Backend backend)
    {
        const int Count = 40;
        int[] text = Texts(count: 1)[0][..Count];
        using var decoding = new DeviceLanguageModel(Checkpoint(), CacheLayout.Contiguous, Backends.Family(backend));
        using var model = new TokenLosses(Device(backend), Checkpoint(), Count);

        double[] losses = model.Compute(text, new RotaryFrequencies(HeadDimension));

        losses.Should().HaveCount(Count - 1);
        for (int token = 0; token < losses.Length; token++)
        {
            if (token == 0)
                decoding.Prefill([text[0]]);
            else
                decoding.Decode(text[token]);
            double[] logits = [.. decoding.Logits().ToArray().Select(logit => (double)logit)];
            double expected = Math.Log(logits.Sum(logit => Math.Exp(logit - logits[text[token + 1]])));
            losses[token].Should().BeApproximately(expected, 1e-4, "token {0}", token);
        }
    }

    [Theory, EachBackend]
    public void By_a_factor_of_1_no_scaling_changes_anything(Backend backend)
    {
        int[] text = Texts(count: 1)[0][..65];
        using var model = new TokenLosses(Device(backend), Checkpoint(), TrainedPositions);
        double[] expected = model.Compute(text, new RotaryFrequencies(HeadDimension));

        foreach (Scaling scaling in Scaling.All(HeadDimension, TrainedPositions, factor: 1))
        {
            model.Compute(text, scaling.Frequencies(TrainedPositions)).Zip(expected, (own, other) => Math.Abs(own - other)).Max()
                .Should().BeLessThan(1e-4, scaling.Name);
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Perplexity_rises_beyond_the_trained_positions_unless_rotation_is_scaled(Backend backend)
    {
        PositionRange[] ranges = [new(0, TrainedPositions), new(2048, 2560)];
        int[][] texts = Texts(count: 1);
        using var model = new TokenLosses(Device(backend), Checkpoint(), ranges[^1].End);
        Dictionary<string, double[]> perplexities = Scaling.All(HeadDimension, TrainedPositions, Factor)
            .Where(scaling => scaling.Name != "Llama 3")
            .ToDictionary(scaling => scaling.Name, scaling => PerplexityCurve.Compute(model, scaling, texts, ranges).Perplexities);

        perplexities["none"][0].Should().BeInRange(3, 5.5, "so well the model knows stories, rotated as it was in training");
        perplexities["dynamic NTK"][0].Should().BeApproximately(perplexities["none"][0], 1e-3, "it is as short as in training");
        perplexities["linear"][0].Should().BeGreaterThan(3 * perplexities["none"][0], "fast pairs are slowed");
        perplexities["none"][1].Should().BeGreaterThan(2 * perplexities["none"][0]);
        foreach (string scaled in (string[])["NTK-aware", "dynamic NTK", "YaRN"])
            perplexities[scaled][1].Should().BeLessThan(perplexities["none"][1] / 1.5, scaled);
    }

    [Fact]
    public void Texts_have_the_same_tokens_in_other_orders()
    {
        int[][] texts = Texts(count: 5);

        texts.Should().OnlyContain(text => text.Length > 8 * TrainedPositions && text[0] == Tokenizer.BeginningOfSequence);
        texts.Select(text => string.Join(' ', text)).Should().OnlyHaveUniqueItems();
        texts.Select(text => string.Join(' ', text.Order())).Distinct().Should().ContainSingle();
    }

    [Theory]
    [InlineData(HeadDimension)]
    [InlineData(48)]
    public void NTK_aware_scaling_is_among_the_factors_that_are_tried_for_LongRoPE(int dimension)
    {
        RotaryFrequencies own = new(dimension);
        double[] expected = own.DynamicNtk(1, TrainedPositions, (int)(Factor * TrainedPositions)).Values.ToArray();

        double[][] candidates = [.. LongRopeSearch.Candidates(dimension / 2, Factor)];

        candidates.Should().HaveCount(6).And.OnlyContain(
            factors => factors.First() == 1 && factors.Last() == Factor && factors.SequenceEqual(factors.Order()));
        candidates.Select(factors => own.LongRope(factors, TrainedPositions, Factor).Values.ToArray())
            .Should().ContainSingle(values => values.Zip(expected).All(pair => Math.Abs(pair.First / pair.Second - 1) < 1e-12));
    }

    [Fact]
    public void Ranges_follow_each_other_as_far_as_a_text_reaches() => PositionRange.UpTo(TrainedPositions, positions: 1100)
        .Should().Equal(new(0, 128), new(128, 256), new PositionRange(256, 512), new(512, 768), new(768, 1024));

    [Theory, EachBackend]
    public void Rotary_scores_are_the_mean_of_cosines_times_the_squared_factor(Backend backend)
    {
        const int Dimension = 64;
        RotaryFrequencies own = new(Dimension);
        foreach (RotaryFrequencies frequencies in (RotaryFrequencies[])[own, own.Linear(Factor), own.Yarn(Factor, TrainedPositions)])
        {
            double squared = frequencies.AttentionFactor * frequencies.AttentionFactor;
            Verify(DecayCurve.Rotary(Device(backend), "", frequencies, Distances), frequencies.Values.ToArray(), squared);
        }

        Verify(DecayCurve.Sinusoidal(Device(backend), "", Dimension, Distances), own.Values.ToArray(), 1);

        static void Verify(DecayCurve curve, double[] frequencies, double factor)
        {
            curve.Scores.Should().HaveCount(Distances);
            for (int distance = 0; distance < Distances; distance++)
            {
                double expected = factor * frequencies.Average(frequency => Math.Cos(distance * frequency));
                ((double)curve.Scores[distance]).Should().BeApproximately(expected, 5e-6, "distance {0}", distance);
            }
        }
    }

    [Theory, EachBackend]
    public void Alibi_falls_in_straight_lines(Backend backend)
    {
        const int Heads = 8;
        DecayCurve[] curves = DecayCurve.Alibi(Device(backend), Heads, Distances);

        curves.Should().HaveCount(Heads);
        for (int head = 0; head < Heads; head++)
        {
            float slope = MathF.ScaleB(1, -(head + 1));
            IEnumerable<float> expected = Enumerable.Range(0, Distances).Select(distance => -slope * distance);
            curves[head].Scores.Should().Equal(expected, "slopes are powers of two, and products with them exact");
        }
    }

    [Theory, EachBackend(false, 16), EachBackend(true, 8)]
    public void Buckets_begin_where_T5_has_them(Backend backend, bool isBidirectional, int exact)
    {
        DecayCurve curve = DecayCurve.Buckets(Device(backend), "", isBidirectional, Distances);

        // Bucket exact + i begins at exact · (128 / exact)^(i / exact): whole numbers, so that no logarithm decides.
        BigInteger ratio = 128 / exact;
        for (int distance = 0; distance < Distances; distance++)
        {
            int begun = Enumerable.Range(1, exact - 1).Count(bucket =>
                BigInteger.Pow(distance, exact) >= BigInteger.Pow(exact, exact) * BigInteger.Pow(ratio, bucket));
            float expected = Math.Min(distance, exact + begun);
            curve.Scores[distance].Should().BeApproximately(expected, 1e-4f, "distance {0}", distance);
        }
    }

    [Theory]
    [InlineData("--factor", "0.5")]
    [InlineData("--factor", "NaN")]
    [InlineData("--factor", "many")]
    [InlineData("--device", " ")]
    public void Wrong_arguments_are_refused(string option, string value) => AttentionKernels.Samples.ComparePositions.Options
        .Run([option, value], _ => throw new InvalidOperationException("It ran.")).Should().Be(1);

    private static Checkpoint Checkpoint() =>
        AttentionKernels.Samples.Llama.Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin")));

    private static int[][] Texts(int count) =>
        StoryText.Texts(Tokenizer.Load(new FileInfo(Path.Combine(SharedModels.Folder, "tok512.bin")), vocabulary: 512), count);
}
