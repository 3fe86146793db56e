using AttentionKernels.Tests.Attention.Variants;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Attention to the keys in two parts, merged, is attention to all keys.</summary>
public class MergeStatesTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Two_halves_merged_agree_with_the_oracle_of_all_keys(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (int firstKeys in (int[])[0, 1, 40, 69, 70])
        {
            var attention = new AttentionCase(2, 4, 2, 3, 70, 17, MaskKind.Full, MemoryLayout.Dense);
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
            using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
            using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
            using var leftOutput = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
            using var leftStates = GuardedTensor<float>.Poisoned(device, attention.StateShape);
            using var rightOutput = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
            using var rightStates = GuardedTensor<float>.Poisoned(device, attention.StateShape);
            using var output = GuardedTensor<float>.Poisoned(device, attention.QueryShape, Strides.Padded(attention.QueryShape, 2, 3));
            using var states = GuardedTensor<float>.Poisoned(device, attention.StateShape);
            using AttentionPlan<float> plan = device.PlanAttention(attention.QueryShape, attention.KeyShape, new NoMask());
            plan.Run(query, key.Slice(1, 0, firstKeys), value.Slice(1, 0, firstKeys), leftOutput.View, leftStates.View);
            plan.Run(query, key.Slice(1, firstKeys, 70 - firstKeys), value.Slice(1, firstKeys, 70 - firstKeys), rightOutput.View, rightStates.View);

            device.MergeStates(new(leftOutput.View, leftStates.View), new(rightOutput.View, rightStates.View), new(output.View, states.View));
            device.Synchronize();

            output.Verify();
            states.Verify();
            (double[] expected, double[] logSumExp) = AttentionOracle.Compute(inputs, new NoMask(), new NoModifier());
            ErrorRule.Verify(output.ToArray(), expected, AttentionOracle.Sequential(inputs, new NoMask(), new NoModifier()), inputs.Value);
            ErrorRule.VerifyLogSumExp(states.ToArray(), logSumExp);
        }
    }

    [Theory, EachBackend]
    public void A_sink_with_a_value_is_a_state_beside_that_of_the_keys(Backend backend)
    {
        // Its value is one row for each head, broadcast; in the oracle it is one more key, whatever its score would be.
        const int Keys = 21;
        AttentionDevice device = Device(backend);
        var attention = new AttentionCase(2, 4, 4, 3, Keys + 1, 17, MaskKind.Full, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        float[] scores = [0.5f, -3f, 2f, float.NegativeInfinity];
        float[] values = RandomData.Normal(7, 4 * 17);
        for (int batch = 0; batch < 2; batch++)
            values.CopyTo(inputs.Value, ((batch * (Keys + 1)) + Keys) * values.Length);
        TensorShape states = attention.StateShape;
        using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
        using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
        using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
        using Tensor<float> sinkValue = device.Upload(values, [1, 1, 4, 17]);
        using Tensor<float> sinks = device.Upload([.. Enumerable.Range(0, (int)states.ElementCount).Select(index => scores[index / 3 % 4])], states);
        using Tensor<float> output = device.Allocate<float>(attention.QueryShape);
        using Tensor<float> logSumExp = device.Allocate<float>(states);
        using var merged = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
        using var mergedStates = GuardedTensor<float>.Poisoned(device, states);
        using AttentionPlan<float> plan = device.PlanAttention(attention.QueryShape, attention.KeyShape, new NoMask());
        plan.Run(query, key.Slice(1, 0, Keys), value.Slice(1, 0, Keys), output, logSumExp);

        var broadcast = new TensorView<float>(sinkValue.View.Data, attention.QueryShape, [0, 0, 17, 1]);
        device.MergeStates(new(output, logSumExp), new(broadcast, sinks), new(merged.View, mergedStates.View));
        device.Synchronize();

        merged.Verify();
        mergedStates.Verify();
        var sink = new ScoreBy((score, at) => at.Key == Keys ? scores[at.Head] : score);
        (double[] expected, double[] expectedStates) = AttentionOracle.Compute(inputs, new NoMask(), sink);
        ErrorRule.Verify(merged.ToArray(), expected, AttentionOracle.Sequential(inputs, new NoMask(), sink), inputs.Value);
        ErrorRule.VerifyLogSumExp(mergedStates.ToArray(), expectedStates);
    }

    [Theory, EachBackend]
    public void States_of_a_paged_plan_s_shape_merge_exactly_where_weights_are_equal(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> left = device.Upload([2f, 4f, 6f, 8f, -2f, 0f], [1, 3, 2]);
        using Tensor<float> right = device.Upload([4f, 8f, 2f, 0f, 4f, 2f], [1, 3, 2]);
        using Tensor<float> logSumExp = device.Upload([0f, -5f, 7f], [3, 1]);
        using Tensor<float> output = device.Allocate<float>([1, 3, 2]);
        using Tensor<float> states = device.Allocate<float>([3, 1]);

        device.MergeStates(new(left, logSumExp), new(right, logSumExp), new(output, states));

        output.ToArray().Should().Equal(3f, 6f, 4f, 4f, 1f, 1f);
        states.ToArray().Should().Equal((float)Math.Log(2), -5f + (float)Math.Log(2), 7f + (float)Math.Log(2));
    }

    [Theory, EachBackend]
    public void A_state_without_keys_changes_nothing(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float none = float.NegativeInfinity;
        using Tensor<float> left = device.Upload([1f, 2f, float.NaN, float.NaN, float.NaN, 3f], [3, 1, 2]);
        using Tensor<float> leftStates = device.Upload([1.5f, none, none], [1, 3]);
        using Tensor<float> right = device.Upload([float.NaN, 7f, 3f, 4f, 5f, float.NaN], [3, 1, 2]);
        using Tensor<float> rightStates = device.Upload([none, 0.5f, none], [1, 3]);
        using Tensor<float> output = device.Allocate<float>([3, 1, 2]);
        using Tensor<float> states = device.Allocate<float>([1, 3]);

        device.MergeStates(new(left, leftStates), new(right, rightStates), new(output, states));

        output.ToArray().Should().Equal(1f, 2f, 3f, 4f, 0f, 0f);
        states.ToArray().Should().Equal(1.5f, 0.5f, none);
    }

    [Theory, EachBackend]
    public void Shapes_that_do_not_fit_and_memory_that_overlaps_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> output = device.Allocate<float>([2, 3, 4]);
        using Tensor<float> states = device.Allocate<float>([3, 2]);
        using Tensor<float> other = device.Allocate<float>([2, 3, 4]);
        using Tensor<float> otherStates = device.Allocate<float>([3, 2]);
        using Tensor<float> short3 = device.Allocate<float>([2, 3]);
        AttentionState left = new(output, states);
        AttentionState right = new(other, otherStates);

        device.Invoking(used => used.MergeStates(left, right, right)).Should().Throw<ArgumentException>().WithParameterName("merged");
        device.Invoking(used => used.MergeStates(left, new(other, short3), left)).Should().Throw<ArgumentException>().WithParameterName("right");
        device.Invoking(used => used.MergeStates(new(short3, states), right, left)).Should().Throw<ArgumentException>().WithParameterName("left");
    }
}
