using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>What paged attention is compared with.</summary>
internal static class PagedVerification
{
    // Work-group kernels take a thread of the managed CPU for each of theirs; tests of every kernel have them in tiny.
    /// <summary>The options of a backend, without work-group kernels on the managed CPU.</summary>
    public static IEnumerable<AttentionOptions> ProcessorOptions(Backend backend) =>
        Schedules.Of(backend).Where(options => backend == Backend.Cuda || options.Schedule != KernelSchedule.Simt);

    /// <summary>Causal attention agrees with the oracle.</summary>
    public static void AgreesWithOracle(PagedRunner runner, AttentionOptions options) =>
        AgreesWithOracle(runner, options, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier());

    /// <summary>Attention agrees with the oracle.</summary>
    /// <remarks>The masks and modifiers of the oracle are given apart: where those of the device hold views, these hold host memory.</remarks>
    public static void AgreesWithOracle<TMask, TModifier, THostMask, THostModifier>(
        PagedRunner runner, AttentionOptions options, TMask mask, TModifier modifier, THostMask hostMask, THostModifier hostModifier, int? levels = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
        where THostMask : struct, IMask<THostMask>
        where THostModifier : struct, IScoreModifier<THostModifier>
    {
        (float[][] output, float[][] logSumExp) = runner.Run(mask, modifier, options, levels);
        AgreesWithOracle(runner, options, StoredType.Float32, output, logSumExp, hostMask, hostModifier);
    }

    /// <summary>Results of queries of a type agree with the oracle.</summary>
    public static void AgreesWithOracle<T, TMask, TModifier>(
        PagedRunner runner, AttentionOptions options, StoredType<T> stored, float[][] output, float[][] logSumExp, TMask hostMask, TModifier hostModifier)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        Func<float, float>? roundWeight = stored.RoundingOf(options.Schedule ?? KernelSchedule.Simt);
        for (int sequence = 0; sequence < output.Length; sequence++)
        {
            AttentionInputs inputs = Inputs(runner, sequence);
            inputs = inputs with { Scale = options.Scale ?? inputs.Scale, Query = stored.Round(inputs.Query) };
            (double[] expected, double[] states) = AttentionOracle.Compute(inputs, hostMask, hostModifier);
            float[] sequential = stored.Round(AttentionOracle.Sequential(inputs, hostMask, hostModifier, roundWeight));
            ErrorRule.Verify(output[sequence], Values(runner, expected), Values(runner, sequential), inputs.Value);
            ErrorRule.VerifyLogSumExp(logSumExp[sequence], states);
        }
    }

    /// <summary>Causal attention gives the bits of contiguous attention.</summary>
    public static void EqualsContiguous(PagedRunner runner, AttentionOptions options)
    {
        (float[][] output, float[][] logSumExp) = runner.Run(new CausalMask(), options);
        for (int sequence = 0; sequence < output.Length; sequence++)
        {
            AttentionInputs inputs = Inputs(runner, sequence);
            TensorShape queryShape = [1, inputs.Queries, inputs.Heads, inputs.HeadDimension];
            TensorShape keyShape = [1, inputs.Keys, inputs.KeyValueHeads, inputs.HeadDimension];
            using Tensor<float> query = runner.Device.Upload(inputs.Query, queryShape);
            using Tensor<float> key = runner.Device.Upload(inputs.Key, keyShape);
            using Tensor<float> value = runner.Device.Upload(inputs.Value, keyShape);
            using Tensor<float> contiguous = runner.Device.Allocate<float>(queryShape);
            using Tensor<float> states = runner.Device.Allocate<float>([1, inputs.Heads, inputs.Queries]);

            // Unless the reduction sees to it, planned for the lengths that the paged plan was made for: both split the keys at the same places.
            TensorShape planned = options.Reduction == Reduction.BatchInvariant ? keyShape : keyShape.With(1, runner.Table.MaximumKeys);
            using AttentionPlan<float> plan = runner.Device.PlanAttention(queryShape, planned, new CausalMask(), options);
            plan.Run(query, key, value, contiguous, states.View);
            runner.Device.Synchronize();

            output[sequence].Should().Equal(contiguous.ToArray());
            logSumExp[sequence].Should().Equal(states.ToArray());
        }
    }

    /// <summary>A sequence's queries, and its keys and values as they are stored.</summary>
    public static AttentionInputs Inputs(PagedRunner runner, int sequence)
    {
        CacheOptions sizes = runner.Cache.Options;
        return new AttentionInputs
        {
            Query = runner.Queries[sequence],
            Key = runner.Keys[sequence],
            Value = runner.Values[sequence],
            FirstSequence = sequence,
            Heads = runner.Heads,
            KeyValueHeads = sizes.KeyValueHeads,
            Queries = runner.Queries[sequence].Length / sizes.HeadDimension / runner.Heads,
            Keys = runner.KeyLengths[sequence],
            HeadDimension = sizes.HeadDimension,
            WeightFactors = runner.ValueScales is { } scales ? Array.ConvertAll(scales[sequence], Fraction) : null,
        };
    }

    // Rounding does not see the power of two of a scale.
    private static float Fraction(float scale) => scale == 0f || !float.IsFinite(scale) ? scale : MathF.ScaleB(scale, -MathF.ILogB(scale));

    // In a latent cache the elements of an output row that are values.
    private static T[] Values<T>(PagedRunner runner, T[] output) =>
        [.. output.Chunk(runner.Cache.Options.HeadDimension).SelectMany(row => row.Take(runner.Cache.ValueDimension))];
}
