using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>NaN, infinities and extreme scores: what is masked never shows, what is attended to does.</summary>
[Trait("Speed", "Quick")]
public class SpecialValueTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly AttentionCase _case = new(1, 2, 1, 7, 9, 12, MaskKind.CausalBottomRight, MemoryLayout.Dense);

    [Theory, EachBackend]
    public void A_NaN_in_a_masked_key_or_value_never_reaches_the_output(Backend backend)
    {
        // Top-left: the last two keys are masked for every query, and key 6 for all but the last.
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        foreach (int key in new[] { 6, 7, 8 })
        {
            inputs.Key.AsSpan(inputs.KeyRow(0, 0, key), 12).Fill(key == 8 ? float.PositiveInfinity : float.NaN);
            inputs.Value.AsSpan(inputs.KeyRow(0, 0, key), 12).Fill(float.NaN);
        }

        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionResult result = AttentionRunner.Run(
                Device(backend), _case, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), options);
            int lastRow = inputs.QueryRow(0, 0, 6);

            result.Output.AsSpan(0, lastRow).ToArray().Should().OnlyContain(element => float.IsFinite(element), options.ToString());
            result.Output.AsSpan(lastRow).ToArray().Should().OnlyContain(element => float.IsNaN(element), options.ToString());
        }
    }

    [Theory, EachBackend]
    public void A_NaN_in_an_attended_value_reaches_the_output_even_where_its_weight_is_0(Backend backend)
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        inputs.Value[inputs.KeyRow(0, 0, 0) + 5] = float.NaN;

        // So small a score that its exponent underflows.
        for (int query = 0; query < 7; query++)
        {
            inputs.Query[inputs.QueryRow(0, 0, query)] = 1000f;
            inputs.Query[inputs.QueryRow(0, 1, query)] = 1000f;
        }

        inputs.Key[inputs.KeyRow(0, 0, 0)] = -1000f;
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionResult result = AttentionRunner.Run(Device(backend), _case, inputs, new NoMask(), new NoModifier(), options);

            for (int index = 0; index < result.Output.Length; index++)
                float.IsNaN(result.Output[index]).Should().Be(index % 12 == 5, "element {0} under {1}", index, options);
        }
    }

    [Theory, EachBackend]
    public void A_NaN_in_a_query_reaches_its_own_row_alone(Backend backend)
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        inputs.Query[inputs.QueryRow(0, 1, 3) + 2] = float.NaN;
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionResult result = AttentionRunner.Run(Device(backend), _case, inputs, new NoMask(), new NoModifier(), options);

            int row = inputs.QueryRow(0, 1, 3);
            for (int index = 0; index < result.Output.Length; index++)
                float.IsNaN(result.Output[index]).Should().Be(index >= row && index < row + 12, "element {0} under {1}", index, options);
            float.IsNaN(result.LogSumExp[inputs.StateIndex(0, 1, 3)]).Should().BeTrue();
        }
    }

    [Theory, EachBackend]
    public void A_fully_masked_row_gives_0_and_a_log_sum_exp_of_minus_infinity(Backend backend)
    {
        // Bottom-right with more queries than keys: the first four rows see no key at all.
        AttentionCase attention = _case with { Queries = 7, Keys = 3 };
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionResult result = AttentionRunner.Verify(Device(backend), attention, inputs, new CausalMask(), new NoModifier(), options);

            result.Output.AsSpan(0, inputs.QueryRow(0, 0, 4)).ToArray().Should().OnlyContain(element => element == 0f);
            result.LogSumExp[inputs.StateIndex(0, 1, 3)].Should().Be(float.NegativeInfinity);
        }
    }

    [Theory, EachBackend(-1e4f), EachBackend(-2.5e5f), EachBackend(1e4f)]
    public void Extreme_scores_neither_overflow_nor_let_a_masked_key_win(Backend backend, float level)
    {
        // Every attended score is near the level; the masked ones are 0, far above it where it is negative.
        AttentionInputs inputs = AttentionRunner.Inputs(_case) with { Scale = 1f };
        Array.Clear(inputs.Query);
        Array.Clear(inputs.Key);
        for (int query = 0; query < 7; query++)
        {
            for (int head = 0; head < 2; head++)
                inputs.Query[inputs.QueryRow(0, head, query)] = 1f;
        }

        for (int key = 0; key < 7; key++)
            inputs.Key[inputs.KeyRow(0, 0, key)] = level + key;
        foreach (AttentionOptions options in Schedules.Of(backend))
            AttentionRunner.Verify(Device(backend), _case, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), options);
    }
}
