using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;

namespace AttentionKernels.Tests.Attention;

/// <summary>What a run left behind.</summary>
internal sealed record AttentionResult(float[] Output, float[] LogSumExp);

/// <summary>Runs attention cases with poison and guards all around, and compares them with the oracle.</summary>
internal static class AttentionRunner
{
    /// <summary>Seeded inputs of a case.</summary>
    public static AttentionInputs Inputs(AttentionCase attention) => new(
        RandomData.Normal(attention.Seed, attention.QueryShape),
        RandomData.Normal(attention.Seed + 1, attention.KeyShape),
        RandomData.Normal(attention.Seed + 2, attention.KeyShape),
        attention.Batch, attention.Heads, attention.KeyValueHeads, attention.Queries, attention.Keys, attention.HeadDimension);

    /// <summary>The strides of a shape [batch, tokens, heads, headDim] in a layout.</summary>
    public static TensorShape StridesOf(TensorShape shape, MemoryLayout layout) => layout switch
    {
        MemoryLayout.Padded => Strides.Padded(shape, 2, 3),
        MemoryLayout.HeadsFirst => Strides.HeadsFirst(shape),
        _ => shape.DenseStrides(),
    };

    /// <summary>Runs a case with its own mask, and verifies it against the oracle and the guards.</summary>
    public static void Verify(AttentionDevice device, AttentionCase attention, AttentionOptions options)
    {
        switch (attention.Mask)
        {
            case MaskKind.Full:
                Verify(device, attention, Inputs(attention), new NoMask(), new NoModifier(), options);
                break;
            case MaskKind.CausalTopLeft:
                Verify(device, attention, Inputs(attention), new CausalMask(CausalAlignment.TopLeft), new NoModifier(), options);
                break;
            default:
                Verify(device, attention, Inputs(attention), new CausalMask(), new NoModifier(), options);
                break;
        }
    }

    /// <summary>Runs a case with a mask and modifier, and verifies it against the oracle and the guards.</summary>
    public static AttentionResult Verify<TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        AttentionResult result = Run(device, attention, inputs, mask, modifier, options);
        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, mask, modifier);
        ErrorRule.Verify(result.Output, output, SequentialAttention.Compute(inputs, mask, modifier), inputs.Value);
        ErrorRule.VerifyLogSumExp(result.LogSumExp, logSumExp);
        return result;
    }

    /// <summary>Runs a case and verifies that only the output and the log-sum-exp were written.</summary>
    public static AttentionResult Run<TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        TensorShape queryStrides = StridesOf(attention.QueryShape, attention.Layout);
        TensorShape keyStrides = StridesOf(attention.KeyShape, attention.Layout);
        using var query = GuardedTensor<float>.Of(device, inputs.Query, attention.QueryShape, queryStrides);
        using var key = GuardedTensor<float>.Of(device, inputs.Key, attention.KeyShape, keyStrides);
        using var value = GuardedTensor<float>.Of(device, inputs.Value, attention.KeyShape, keyStrides);
        using var output = GuardedTensor<float>.Poisoned(device, attention.QueryShape, queryStrides);
        using var logSumExp = GuardedTensor<float>.Poisoned(device, attention.StateShape);
        using AttentionPlan<float> plan = device.PlanAttention(
            attention.QueryShape, attention.KeyShape, mask, modifier, options with { Scale = inputs.Scale });

        plan.Run(query, key, value, output, logSumExp.View);
        device.Synchronize();

        query.VerifyUnchanged();
        key.VerifyUnchanged();
        value.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        return new AttentionResult(output.ToArray(), logSumExp.ToArray());
    }
}
