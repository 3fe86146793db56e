using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;

namespace AttentionKernels.Tests.Attention;

/// <summary>What a run left behind.</summary>
internal sealed record AttentionResult(float[] Output, float[] LogSumExp, KernelSchedule Schedule);

/// <summary>Runs attention cases with poison and guards all around, and compares them with the oracle.</summary>
internal static class AttentionRunner
{
    /// <summary>Seeded inputs of a case.</summary>
    public static AttentionInputs Inputs(AttentionCase attention) => new()
    {
        Query = RandomData.Normal(attention.Seed, attention.QueryShape),
        Key = RandomData.Normal(attention.Seed + 1, attention.KeyShape),
        Value = RandomData.Normal(attention.Seed + 2, attention.KeyShape),
        Batch = attention.Batch,
        Heads = attention.Heads,
        KeyValueHeads = attention.KeyValueHeads,
        Queries = attention.Queries,
        Keys = attention.Keys,
        HeadDimension = attention.HeadDimension,
    };

    /// <summary>The strides of a shape [batch, tokens, heads, headDim] in a layout.</summary>
    public static TensorShape StridesOf(TensorShape shape, MemoryLayout layout) => layout switch
    {
        MemoryLayout.Padded => Strides.Padded(shape, 2, 3),
        MemoryLayout.HeadsFirst => Strides.HeadsFirst(shape),
        _ => shape.DenseStrides(),
    };

    /// <summary>Runs a case with its own mask, and verifies it against the oracle and the guards.</summary>
    public static void Verify(AttentionDevice device, AttentionCase attention, AttentionOptions options) =>
        Verify(device, attention, options, StoredType.Float32);

    /// <summary>The same with tensors of another type.</summary>
    public static void Verify<T>(AttentionDevice device, AttentionCase attention, AttentionOptions options, StoredType<T> stored)
        where T : unmanaged
    {
        AttentionInputs inputs = Inputs(attention);
        inputs = inputs with { Scale = options.Scale ?? inputs.Scale };
        switch (attention.Mask)
        {
            case MaskKind.Full:
                Verify(device, attention, inputs, new NoMask(), new NoModifier(), options, stored);
                break;
            case MaskKind.CausalTopLeft:
                Verify(device, attention, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), options, stored);
                break;
            default:
                Verify(device, attention, inputs, new CausalMask(), new NoModifier(), options, stored);
                break;
        }
    }

    /// <summary>Runs a case with a mask and modifier, and verifies it against the oracle and the guards.</summary>
    public static AttentionResult Verify<TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        Verify(device, attention, inputs, mask, modifier, options, StoredType.Float32);

    /// <summary>The same with tensors of another type. Oracle and sequential loop compute from the stored inputs, and the loop stores its result.</summary>
    public static AttentionResult Verify<T, TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options, StoredType<T> stored)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        inputs = inputs with { Query = stored.Round(inputs.Query), Key = stored.Round(inputs.Key), Value = stored.Round(inputs.Value) };
        AttentionResult result = Run(device, attention, inputs, mask, modifier, options, stored);
        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, mask, modifier);
        Func<float, float>? roundWeight = stored.RoundingOf(result.Schedule);
        ErrorRule.Verify(result.Output, output, stored.Round(AttentionOracle.Sequential(inputs, mask, modifier, roundWeight)), inputs.Value);
        ErrorRule.VerifyLogSumExp(result.LogSumExp, logSumExp);
        return result;
    }

    /// <summary>Runs a case and verifies that only the output and the log-sum-exp were written.</summary>
    public static AttentionResult Run<TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        Run(device, attention, inputs, mask, modifier, options, StoredType.Float32);

    /// <summary>The same with tensors of another type.</summary>
    public static AttentionResult Run<T, TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, AttentionOptions options, StoredType<T> stored)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        TensorShape queryStrides = StridesOf(attention.QueryShape, attention.Layout);
        TensorShape keyStrides = StridesOf(attention.KeyShape, attention.Layout);
        using var query = GuardedTensor<T>.Of(device, stored.Store(inputs.Query), attention.QueryShape, queryStrides);
        using var key = GuardedTensor<T>.Of(device, stored.Store(inputs.Key), attention.KeyShape, keyStrides);
        TensorShape valueStrides = attention.Layout == MemoryLayout.PaddedValues ? Strides.Padded(attention.KeyShape, 2, 8) : keyStrides;
        using var value = GuardedTensor<T>.Of(device, stored.Store(inputs.Value), attention.KeyShape, valueStrides);
        using var output = GuardedTensor<T>.Poisoned(device, attention.QueryShape, queryStrides);
        using var logSumExp = GuardedTensor<float>.Poisoned(device, attention.StateShape);
        using AttentionPlan<T> plan = device.PlanAttention(
            attention.QueryShape, attention.KeyShape, mask, modifier, stored.Type, options with { Scale = inputs.Scale });

        plan.Run(query, key, value, output, logSumExp.View);
        device.Synchronize();

        query.VerifyUnchanged();
        key.VerifyUnchanged();
        value.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        return new AttentionResult(stored.Load(output.ToArray()), logSumExp.ToArray(), plan.Schedule);
    }
}
