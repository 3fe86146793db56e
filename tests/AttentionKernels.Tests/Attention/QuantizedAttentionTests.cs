using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Attention over tensors of 8 bits with scales: right over what is stored, whatever has a scale of its own.</summary>
public class QuantizedAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Gap = 8;

    // The formats, and which extents of scales are those of the tensor: batch, tokens, heads.
    private static readonly (QuantizedFormats Formats, string Scales)[] _ways =
    [
        (new(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3), "b-h"),
        (new(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3, NumberFormat.Float8E4M3), "--h"),
        (new(NumberFormat.Float8E5M2, NumberFormat.Float8E4M3, NumberFormat.Float8E5M2), "bth"),
        (new(NumberFormat.Int8, NumberFormat.Int8, NumberFormat.Int8), "bt-"),
        (new(NumberFormat.Int8, NumberFormat.Float8E5M2), "---"),
        (new(NumberFormat.Float8E5M2, NumberFormat.Int8, NumberFormat.Float8E4M3), "none"),
    ];

    public static IEnumerable<int> Ways => Enumerable.Range(0, _ways.Length);

    // Two that differ in all, for kernels that take seconds to compile.
    public static IEnumerable<int> FewWays => [2, 3];

    [Theory, EachBackend(Cases = nameof(Ways))]
    public void Decode_and_prefill_agree_with_the_oracle_on_what_is_stored(Backend backend, int way)
    {
        foreach (string problem in new[] { "2x10/2x1x97x21 CausalBottomRight Dense", "2x6/2x37x53x24 CausalTopLeft Dense" })
        {
            foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
                Verify(backend, way, AttentionCase.Parse(problem), StoredType.Float32, options);
        }
    }

    [Theory, EachBackend(Cases = nameof(FewWays))]
    public void Every_kernel_reads_what_is_stored(Backend backend, int way)
    {
        // Tiny, since a work group is as many threads on the managed CPU.
        foreach (AttentionOptions options in Schedules.Of(backend))
            Verify(backend, way, AttentionCase.Parse("2x2/1x2x18x8 Full Dense"), StoredType.Float32, options);
    }

    [Theory, EachBackend(Cases = nameof(FewWays))]
    public void Queries_and_outputs_may_have_16_bits(Backend backend, int way)
    {
        var options = new AttentionOptions { Schedule = backend == Backend.Cuda ? KernelSchedule.Simt : KernelSchedule.Vector };
        var attention = AttentionCase.Parse("1x6/2x20x70x32 CausalBottomRight Dense");
        Verify(backend, way, attention, StoredType.Float16, options);
        Verify(backend, way, attention with { Queries = 1 }, StoredType.BFloat16, options);
    }

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(FewWays))]
    public void Tensor_cores_agree_with_the_oracle_on_what_is_stored(Backend backend, int way)
    {
        var options = new AttentionOptions { Schedule = KernelSchedule.TensorCore };
        var attention = AttentionCase.Parse("2x6/2x40x170x64 CausalBottomRight Dense");
        Verify(backend, way, attention, StoredType.Float16, options).Should().Contain("schedule TensorCore: taken");
        Verify(backend, way, attention with { Queries = 1, Keys = 600 }, StoredType.BFloat16, options).Should().Contain("taken by tiles of 16 rows");
    }

    [Theory, EachBackend(Cases = nameof(Ways))]
    public void A_query_with_one_key_has_its_value_exactly(Backend backend, int way)
    {
        var attention = AttentionCase.Parse("2x4/2x19x19x16 Full Dense");
        Inputs inputs = Make(way, attention, QuantizedData.Whole, StoredType.Float32);
        inputs = inputs with { Plain = [.. inputs.Plain.Select(static number => MathF.Round(number))] };
        AttentionInputs host = inputs.Host(attention) with { Scale = 1 };
        using QuantizedAttentionPlan<float> plan = Plan(
            backend, way, attention, new SlidingWindowMask(0, 0), new NoModifier(), StoredType.Float32, new AttentionOptions { Scale = 1 });

        (float[] output, float[] logSumExp) = Run(plan, attention, inputs, StoredType.Float32);

        (double[] expected, double[] states) = AttentionOracle.Compute(host, new SlidingWindowMask(0, 0), new NoModifier());
        ErrorRule.VerifyExact(output, expected);
        ErrorRule.VerifyLogSumExp(logSumExp, states);
    }

    [Theory, EachBackend]
    public void Modifiers_see_scores_of_the_numbers_that_are_meant(Backend backend)
    {
        var attention = AttentionCase.Parse("2x4/2x9x40x16 CausalBottomRight Dense");
        VerifyModified(backend, attention, new AlibiBias(4).Then(new SoftCap(3)), new AlibiBias(4).Then(new SoftCap(3)));
        VerifyModified(backend, attention, new CappedAlibi(0.25f, 3), new CappedAlibi(0.25f, 3));
    }

    [Theory, EachBackend]
    public void A_negative_scale_of_a_query_turns_its_scores_and_no_mask_round(Backend backend)
    {
        var attention = AttentionCase.Parse("1x2/1x7x9x12 CausalTopLeft Dense");
        Inputs inputs = Make(2, attention, QuantizedData.Normal, StoredType.Float32);
        inputs = inputs with { Query = inputs.Query! with { Scales = [.. inputs.Query!.Scales!.Select(scale => -3 * scale)] } };
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
            Verify(backend, 2, attention, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), new NoModifier(), StoredType.Float32, options);
    }

    [Theory, EachBackend]
    public void A_plan_takes_fewer_tokens_and_other_ones_at_each_run(Backend backend)
    {
        var planned = AttentionCase.Parse("2x4/2x12x33x16 CausalBottomRight Dense");
        using QuantizedAttentionPlan<float> plan = Plan(backend, 2, planned, new CausalMask(), new NoModifier(), StoredType.Float32, new AttentionOptions());
        foreach (AttentionCase attention in new[] { planned, planned with { Queries = 3, Keys = 20 }, planned with { Queries = 1, Keys = 33 }, planned with { Queries = 0 }, planned })
        {
            Inputs inputs = Make(2, attention, QuantizedData.Normal, StoredType.Float32);
            (float[] output, float[] logSumExp) = Run(plan, attention, inputs, StoredType.Float32);
            Agrees(output, logSumExp, inputs.Host(attention), new CausalMask(), new NoModifier(), StoredType.Float32, plan.Schedule);
        }
    }

    [Theory, EachBackend]
    public void What_is_masked_never_shows(Backend backend)
    {
        // Top-left: the last two keys are masked for every query. 0x7F is NaN in e4m3.
        var attention = AttentionCase.Parse("1x2/1x7x9x12 CausalTopLeft Dense");
        Inputs inputs = Make(1, attention, QuantizedData.Normal, StoredType.Float32);
        inputs.Key.Bytes.AsSpan(7 * 12).Fill(0x7F);
        inputs.Value.Bytes.AsSpan(7 * 12).Fill(0x7F);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
        {
            using QuantizedAttentionPlan<float> plan = Plan(
                backend, 1, attention, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), StoredType.Float32, options);
            (float[] output, float[] logSumExp) = Run(plan, attention, inputs, StoredType.Float32);
            output.Should().OnlyContain(element => float.IsFinite(element));
            logSumExp.Should().OnlyContain(element => float.IsFinite(element));
        }
    }

    [Theory, EachBackend]
    public void A_plan_for_nothing_does_nothing(Backend backend)
    {
        foreach (string problem in new[] { "0x4/2x3x5x8 Full Dense", "2x4/2x0x5x8 Full Dense", "2x4/2x3x0x8 Full Dense" })
            Verify(backend, 2, AttentionCase.Parse(problem), StoredType.Float32, new AttentionOptions());
    }

    [Theory, EachBackend]
    public void The_plan_says_what_it_does_with_queries_and_what_it_holds(Backend backend)
    {
        var attention = AttentionCase.Parse("2x4/2x12x33x16 Full Dense");
        using QuantizedAttentionPlan<Half> plan = Plan(backend, 1, attention, new NoMask(), new NoModifier(), StoredType.Float16, new AttentionOptions());
        using QuantizedAttentionPlan<Half> other = Plan(backend, 0, attention, new NoMask(), new NoModifier(), StoredType.Float16, new AttentionOptions());

        plan.Explain().Should().Contain("queries: of Float8E4M3, widened first to the output's format, which has them exactly");
        other.Explain().Should().NotContain("queries: of");

        // The Vector schedule keeps a term of each row beside them.
        (plan.WorkspaceBytes - other.WorkspaceBytes).Should().BeGreaterThanOrEqualTo((2 * 12 * 4 * 16 * 2) + (2 * 12 * 4 * sizeof(float)));
    }

    [Theory, EachBackend]
    public void What_does_not_fit_is_refused_by_name_and_nothing_is_written(Backend backend)
    {
        var attention = AttentionCase.Parse("2x4/2x3x5x8 Full Dense");
        AttentionDevice device = Device(backend);
        using QuantizedAttentionPlan<float> ofFloats = Plan(backend, 0, attention, new NoMask(), new NoModifier(), StoredType.Float32, new AttentionOptions());
        using QuantizedAttentionPlan<float> plan = Plan(backend, 1, attention, new NoMask(), new NoModifier(), StoredType.Float32, new AttentionOptions());
        using Tensor<byte> bytes = device.Allocate<byte>([4096]);
        using Tensor<sbyte> integers = device.Allocate<sbyte>([4096]);
        using Tensor<float> floats = device.Allocate<float>([4096]);
        using GuardedTensor<float> output = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
        QuantizedTensor query = Of(attention.QueryShape);
        QuantizedTensor key = Of(attention.KeyShape);

        Refuses(() => plan.Run(Floats(attention.QueryShape), key, key, output), "query", "*is of Float32*made for Float8E4M3*");
        Refuses(() => ofFloats.Run(query, key, key, output), "storedQuery", "*is quantised*made for one of Float32*");
        Refuses(() => plan.Run(Of([2, 4, 4, 8]), key, key, output), "storedQuery", "*3 tokens*");
        Refuses(() => plan.Run(query, Of([2, 6, 2, 8]), key, output), "key", "*5 tokens*");
        Refuses(() => plan.Run(query, Of([1, 5, 2, 8]), key, output), "key", "*must be [2, 5, 2, 8*");
        Refuses(() => plan.Run(query, key, Of([2, 4, 2, 8]), output), "value", "*must be [2, 5, 2, 8*");
        Refuses(() => plan.Run(query, key, new QuantizedTensor(Integers(attention.KeyShape)), output), "value", "*whole numbers*Float8E4M3*");
        Refuses(() => plan.Run(query, With(attention.KeyShape, [2, 5]), key, output), "key", "*scales*[2, 5]*must be [2, 5, 2]*");
        Refuses(() => plan.Run(query, With(attention.KeyShape, [2, 4, 2]), key, output), "key", "*scales*[2, 4, 2]*must be [2, 5, 2]*");
        Refuses(() => plan.Run(With(attention.QueryShape, [2, 3, 2]), key, key, output), "storedQuery", "*scales*[2, 3, 2]*must be [2, 3, 4]*");
        Refuses(
            () => plan.Run(query, new QuantizedTensor(Bytes(attention.KeyShape), new TensorView<float>(floats.View.Data, [2, 5, 2], [20, 4, 2])), key, output),
            "key", "*dense*");
        Refuses(() => plan.Run(query, default, key, output), "key", "*");
        Refuses(() => plan.Run(query, key, With(attention.KeyShape, [1, 1, 1]), floats.View.Slice(0, 0, 192).Reshape(attention.QueryShape)), "output", "*overlaps 'value'*");
        Refuses(() => ofFloats.Run(Floats(attention.QueryShape), key, key, Floats(attention.QueryShape)), "output", "*overlaps 'query'*");
        foreach (NumberFormat? format in new[] { NumberFormat.Float16, NumberFormat.Int4, null })
        {
            Refuses(() => PlanOf(new QuantizedFormats(format!, NumberFormat.Int8)), "formats", "*'Key' is*must be Float8E4M3, Float8E5M2 or Int8*");
            Refuses(() => PlanOf(new QuantizedFormats(NumberFormat.Int8, format!)), "formats", "*'Value' is*");
        }

        Refuses(() => PlanOf(new QuantizedFormats(NumberFormat.Int8, NumberFormat.Int8, NumberFormat.Float32)), "formats", "*'Query' is Float32*");
        output.VerifyUnchanged();

        void PlanOf(QuantizedFormats formats) =>
            device.PlanQuantizedAttention(attention.QueryShape, attention.KeyShape, new NoMask(), NumberFormat.Float32, formats).Dispose();
        TensorView<byte> Bytes(TensorShape shape) => new(bytes.View.Data, shape);
        TensorView<sbyte> Integers(TensorShape shape) => new(integers.View.Data, shape);
        TensorView<float> Floats(TensorShape shape) => new(floats.View.Data, shape);
        QuantizedTensor Of(TensorShape shape) => new(Bytes(shape));
        QuantizedTensor With(TensorShape shape, TensorShape scales) => new(Bytes(shape), Floats(scales));
    }

    private static void Refuses(Action call, string name, string message) =>
        call.Should().Throw<ArgumentException>().WithParameterName(name).WithMessage(message);

    private void VerifyModified<TModifier, THostModifier>(Backend backend, AttentionCase attention, TModifier modifier, THostModifier hostModifier)
        where TModifier : struct, IScoreModifier<TModifier>
        where THostModifier : struct, IScoreModifier<THostModifier>
    {
        const int Way = 2;
        Inputs inputs = Make(Way, attention, QuantizedData.Normal, StoredType.Float32);
        Verify(backend, Way, attention, inputs, new CausalMask(), modifier, hostModifier, StoredType.Float32, new AttentionOptions());
    }

    private string Verify<T>(Backend backend, int way, AttentionCase attention, StoredType<T> stored, AttentionOptions options)
        where T : unmanaged
    {
        Inputs inputs = Make(way, attention, QuantizedData.Normal, stored);
        return attention.Mask switch
        {
            MaskKind.Full => Verify(backend, way, attention, inputs, new NoMask(), new NoModifier(), new NoModifier(), stored, options),
            MaskKind.CausalTopLeft => Verify(
                backend, way, attention, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier(), new NoModifier(), stored, options),
            _ => Verify(backend, way, attention, inputs, new CausalMask(), new NoModifier(), new NoModifier(), stored, options),
        };
    }

    private string Verify<T, TMask, TModifier, THostModifier>(
        Backend backend, int way, AttentionCase attention, Inputs inputs, TMask mask, TModifier modifier, THostModifier hostModifier,
        StoredType<T> stored, AttentionOptions options)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
        where THostModifier : struct, IScoreModifier<THostModifier>
    {
        using QuantizedAttentionPlan<T> plan = Plan(backend, way, attention, mask, modifier, stored, options);
        (float[] output, float[] logSumExp) = Run(plan, attention, inputs, stored);
        Agrees(output, logSumExp, inputs.Host(attention), mask, hostModifier, stored, plan.Schedule);
        return plan.Explain();
    }

    private static void Agrees<T, TMask, TModifier>(
        float[] output, float[] logSumExp, AttentionInputs inputs, TMask mask, TModifier modifier, StoredType<T> stored, KernelSchedule schedule)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        (double[] expected, double[] states) = AttentionOracle.Compute(inputs, mask, modifier);
        float[] sequential = stored.Round(AttentionOracle.Sequential(inputs, mask, modifier, stored.RoundingOf(schedule)));
        ErrorRule.Verify(output, expected, sequential, inputs.Value);
        ErrorRule.VerifyLogSumExp(logSumExp, states);
    }

    private QuantizedAttentionPlan<T> Plan<T, TMask, TModifier>(
        Backend backend, int way, AttentionCase attention, TMask mask, TModifier modifier, StoredType<T> stored, AttentionOptions options)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => Device(backend).PlanQuantizedAttention(
            attention.QueryShape, attention.KeyShape, mask, modifier, stored.Type, _ways[way].Formats, options);

    private static (float[] Output, float[] LogSumExp) Run<T>(
        QuantizedAttentionPlan<T> plan, AttentionCase attention, Inputs inputs, StoredType<T> stored)
        where T : unmanaged
    {
        AttentionDevice device = plan.Device;
        using GuardedQuantized key = inputs.Key.Upload(device, Gap);
        using GuardedQuantized value = inputs.Value.Upload(device, Gap);
        using var output = GuardedTensor<T>.Poisoned(device, attention.QueryShape);
        using var logSumExp = GuardedTensor<float>.Poisoned(device, attention.StateShape);
        if (inputs.Query is { } quantized)
        {
            using GuardedQuantized query = quantized.Upload(device, Gap);
            plan.Run(query, key, value, output, logSumExp.View);
            device.Synchronize();
            query.VerifyUnchanged();
        }
        else
        {
            using var query = GuardedTensor<T>.Of(device, stored.Store(inputs.Plain), attention.QueryShape);
            plan.Run(query, key, value, output, logSumExp.View);
            device.Synchronize();
            query.VerifyUnchanged();
        }

        key.VerifyUnchanged();
        value.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        return (stored.Load(output.ToArray()), logSumExp.ToArray());
    }

    private static Inputs Make<T>(
        int way, AttentionCase attention, Func<int, NumberFormat, TensorShape, TensorShape, QuantizedData> make, StoredType<T> stored)
        where T : unmanaged
    {
        (QuantizedFormats formats, string scales) = _ways[way];
        return new Inputs(
            formats.Query is { } query ? make(attention.Seed, query, attention.QueryShape, ScaleShape(scales, attention.QueryShape)) : null,
            stored.Round(RandomData.Normal(attention.Seed, attention.QueryShape)),
            make(attention.Seed + 1, formats.Key, attention.KeyShape, ScaleShape(scales, attention.KeyShape)),
            make(attention.Seed + 2, formats.Value, attention.KeyShape, ScaleShape(scales, attention.KeyShape)));
    }

    private static TensorShape ScaleShape(string scales, TensorShape shape) => scales == "none"
        ? default
        : [scales[0] == 'b' ? shape[0] : 1, scales[1] == 't' ? shape[1] : 1, scales[2] == 'h' ? shape[2] : 1];

    /// <summary>The tensors of a run; the query quantised or plain.</summary>
    private sealed record Inputs(QuantizedData? Query, float[] Plain, QuantizedData Key, QuantizedData Value)
    {
        /// <summary>What they stand for.</summary>
        public AttentionInputs Host(AttentionCase attention) => AttentionRunner.Inputs(attention) with
        {
            Query = Query?.Numbers ?? Plain,
            Key = Key.Numbers,
            Value = Value.Numbers,
            WeightFactors = Value.WeightFactors,
        };
    }
}
