using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Soft cap, linear biases and formulas of a user: by the oracle, in every kernel, and bit for bit as the scalar form.</summary>
public class ScoreFormulaVariantTests(TestDevices devices) : DeviceTests(devices)
{
    // More rows than a panel of each width, fewer than a key tile and more, and a head count that is no power of two.
    private static readonly AttentionCase _prefill = new(2, 6, 2, 9, 70, 16, MaskKind.Full, MemoryLayout.Padded);
    private static readonly AttentionCase _decode = new(1, 6, 3, 1, 139, 8, MaskKind.Full, MemoryLayout.Dense);

    [Theory, EachBackend]
    public void A_soft_cap_agrees_with_the_oracle(Backend backend) =>
        VerifyAll(backend, new CausalMask(), new SoftCap(0.75f), new ReferenceSoftCap(0.75f));

    [Theory, EachBackend]
    public void Linear_biases_agree_with_the_oracle(Backend backend) =>
        VerifyAll(backend, new CausalMask(), new AlibiBias(6), new ReferenceAlibi(6));

    [Theory, EachBackend]
    public void Formulas_that_call_each_other_agree_with_the_oracle(Backend backend) =>
        VerifyAll(backend, new ParityMask(), new CappedAlibi(2f, 6), new ReferenceCappedAlibi(2f, 6));

    [Theory, EachBackend]
    public void They_see_tokens_over_pages_where_they_stand(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 9, [3, 1], [11, 26], 3, 1, 10, 4);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            PagedVerification.AgreesWithOracle(
                runner, options, new CausalMask(), new CappedAlibi(2f, 3), new CausalMask(), new ReferenceCappedAlibi(2f, 3));
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Vectors_give_the_bits_of_the_scalar_form(Backend backend, int lanes)
    {
        foreach (AttentionCase attention in (AttentionCase[])[_prefill, _decode])
        {
            foreach (AttentionAlgorithm algorithm in (AttentionAlgorithm[])[AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv])
            {
                var options = new AttentionOptions { Algorithm = algorithm, Schedule = KernelSchedule.Vector, Lanes = lanes };
                AttentionInputs inputs = AttentionRunner.Inputs(attention);
                AttentionResult vectors = AttentionRunner.Run(
                    Device(backend), attention, inputs, new SlidingWindow(50), new CappedAlibi(0.5f, 6), options);
                AttentionResult scalars = AttentionRunner.Run(
                    Device(backend), attention, inputs, new SlidingWindow(50), new ScalarForm<CappedAlibi>(new CappedAlibi(0.5f, 6)), options);

                vectors.Output.Should().Equal(scalars.Output);
                vectors.LogSumExp.Should().Equal(scalars.LogSumExp);
            }
        }
    }

    [Theory, EachBackend]
    public void A_NaN_at_a_key_that_mask_or_formula_leaves_out_never_reaches_the_output(Backend backend)
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_prefill);
        for (int key = 0; key < inputs.Keys; key++)
        {
            if (key % 3 == 0 && key < inputs.Queries)
                continue;
            inputs.Value.AsSpan(inputs.KeyRow(1, 0, key), _prefill.HeadDimension).Fill(float.NaN);
            if (key >= inputs.Queries)
                inputs.Key.AsSpan(inputs.KeyRow(1, 0, key), _prefill.HeadDimension).Fill(key % 2 == 0 ? float.NaN : float.PositiveInfinity);
        }

        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionRunner.Run(Device(backend), _prefill, inputs, new CausalMask(CausalAlignment.TopLeft), new EveryThirdKey(), options)
                .Output.Should().OnlyContain(element => float.IsFinite(element), options.ToString());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(32)]
    [InlineData(71)]
    public void Slopes_are_those_of_the_paper(int heads)
    {
        double[] expected = ReferenceAlibi.Slopes(heads);
        for (int head = 0; head < heads; head++)
        {
            RowTerms row = AlibiBias.Row(new AlibiBias(heads), new Position(0, head, 2, 0, 5, 9));
            (-row.A).Should().BeApproximately((float)expected[head], 2.4e-7f * (float)expected[head], "of head {0}", head);
            row.B.Should().Be(6f);
        }
    }

    [Fact]
    public void A_small_score_is_capped_to_itself()
    {
        foreach (float score in (float[])[1e-30f, -1e-10f, 1e-4f, 0.1f])
        {
            float capped = Apply(new SoftCap(30f), score);
            capped.Should().BeApproximately((float)(30 * Math.Tanh(score / 30.0)), Math.Abs(score) * 5e-7f);
        }

        Apply(new SoftCap(30f), float.PositiveInfinity).Should().Be(30f);
        Apply(new SoftCap(30f), -1e30f).Should().Be(-30f);
        Apply(new SoftCap(30f), float.NaN).Should().Be(float.NaN);
    }

    [Fact]
    public void Wrong_caps_and_head_counts_are_refused()
    {
        foreach (float cap in (float[])[0f, -1f, float.NaN, float.PositiveInfinity, 1e-45f, 3e38f])
            FluentActions.Invoking(() => new SoftCap(cap)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("cap").WithMessage("*positive*");
        FluentActions.Invoking(() => new AlibiBias(0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("heads");
    }

    [Theory, EachBackend]
    public void A_plan_refuses_a_default_cap_and_biases_of_other_heads(Backend backend)
    {
        AttentionDevice device = Device(backend);
        device.Invoking(own => own.PlanAttention([1, 1, 4, 8], [1, 1, 4, 8], new NoMask(), default(SoftCap)))
            .Should().Throw<ArgumentException>().WithParameterName("modifier").WithMessage("*SoftCap has no cap*");
        device.Invoking(own => own.PlanAttention([1, 1, 4, 8], [1, 1, 4, 8], new NoMask(), new AlibiBias(8)))
            .Should().Throw<ArgumentException>().WithParameterName("modifier").WithMessage("*is of 8 heads*the query's, 4.*");
    }

    private static float Apply<TModifier>(TModifier modifier, float score)
        where TModifier : struct, IScoreModifier<TModifier> => TModifier.Apply(modifier, score, default);

    private void VerifyAll<TMask, TModifier, TReference>(Backend backend, TMask mask, TModifier modifier, TReference reference)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
        where TReference : struct, IScoreModifier<TReference>
    {
        foreach (AttentionCase attention in (AttentionCase[])[_prefill, _decode])
        {
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, mask, reference);
            float[] sequential = AttentionOracle.Sequential(inputs, mask, reference);
            foreach (AttentionOptions options in Schedules.Of(backend))
            {
                AttentionResult result = AttentionRunner.Run(Device(backend), attention, inputs, mask, modifier, options);
                ErrorRule.Verify(result.Output, output, sequential, inputs.Value);
                ErrorRule.VerifyLogSumExp(result.LogSumExp, logSumExp);
            }
        }
    }
}
