using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>The library's score modifiers, and chains of them, agree with their definitions in every kernel of a backend, contiguous, paged and
/// cascade.</summary>
public class ModifierTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly MaskBy _causal = new(at => at.Key <= at.QueryPosition);

    [Theory, EachBackend]
    public void A_bias_has_a_number_for_each_pair(Backend backend)
    {
        // The last sequence's heads share one query row, and −∞ masks.
        float[] bias = RandomData.Normal(3, VariantCase.Heads * VariantCase.MostKeys);
        for (int index = 0; index < bias.Length; index += 7)
            bias[index] = float.NegativeInfinity;
        using Tensor<float> tensor = Device(backend).Upload(bias, [VariantCase.Heads, 1, VariantCase.MostKeys]);
        Verify(backend, new DenseBias(tensor), (score, at) => score + bias[(at.Head * VariantCase.MostKeys) + at.Key], tensorCores: true);
    }

    [Theory, EachBackend]
    public void A_bias_may_differ_by_sequence_and_query(Backend backend)
    {
        int rows = VariantCase.Sequences * VariantCase.MostQueries;
        float[] bias = RandomData.Normal(4, rows * VariantCase.MostKeys);
        using Tensor<float> tensor = Device(backend).Upload(bias, [VariantCase.Sequences, 1, VariantCase.MostQueries, VariantCase.MostKeys]);
        Verify(
            backend, new DenseBias(tensor),
            (score, at) => score + bias[(((at.Batch * VariantCase.MostQueries) + at.Query) * VariantCase.MostKeys) + at.Key],
            pages: true);
    }

    [Theory, EachBackend]
    public void T5_has_buckets_of_distances(Backend backend)
    {
        const int Buckets = 8;
        const int Largest = 20;
        float[] learned = RandomData.Normal(5, Buckets * VariantCase.Heads);
        using Tensor<float> tensor = Device(backend).Upload(
            RelativeBuckets.Table(learned, VariantCase.Heads, Largest), [VariantCase.Heads, (2 * Largest) + 1]);
        Verify(
            backend, new RelativeBias(tensor, -Largest),
            (score, at) => score + learned[(RelativeBuckets.Of(at.Key - at.QueryPosition, Buckets, Largest) * VariantCase.Heads) + at.Head],
            pages: true, tensorCores: true);
    }

    [Theory, EachBackend]
    public void Temperature_is_that_of_the_query_s_position(Backend backend)
    {
        float[] factors = [.. Enumerable.Range(0, 100).Select(position => 1f + (0.25f * MathF.Log(1 + ((position + 1) / 8))))];
        using Tensor<float> tensor = Device(backend).Upload(factors, [factors.Length]);
        Verify(
            backend, new PositionTemperature(tensor), (score, at) => score * factors[Math.Clamp(at.QueryPosition, 0, factors.Length - 1)],
            tensorCores: true);
    }

    [Theory, EachBackend]
    public void A_chain_of_formulas_is_one_after_the_other(Backend backend)
    {
        var cap = new ReferenceSoftCap(2f);
        var alibi = new ReferenceAlibi(VariantCase.Heads);
        Verify(
            backend, new SoftCap(2f).Then(new AlibiBias(VariantCase.Heads)),
            (score, at) => ReferenceAlibi.Apply(alibi, ReferenceSoftCap.Apply(cap, score, at), at),
            tensorCores: true);
        Verify(
            backend, new AlibiBias(VariantCase.Heads).Then(new NoModifier()).Then(new SoftCap(2f)),
            (score, at) => ReferenceSoftCap.Apply(cap, ReferenceAlibi.Apply(alibi, score, at), at),
            pages: true);
    }

    [Theory, EachBackend]
    public void A_chain_takes_any_modifier(Backend backend) => Verify(
        backend, new DistanceBias(0.01f).Then(new Checkerboard()).Then(new SoftCap(2f)),
        (score, at) => ReferenceSoftCap.Apply(
            new ReferenceSoftCap(2f), Checkerboard.Apply(default, DistanceBias(score, at), at), at));

    [Theory, EachBackend]
    public void What_a_chain_has_masked_stays_masked(Backend backend)
    {
        Verify(backend, new EveryThirdKey().Then(new SoftCap(2f)), Score);
        Verify(backend, new ScalarForm<EveryThirdKey>(new EveryThirdKey()).Then(new SoftCap(2f)), Score);

        static float Score(float score, Position at) =>
            at.Key % 3 == 0 ? ReferenceSoftCap.Apply(new ReferenceSoftCap(2f), score, at) : float.NegativeInfinity;
    }

    [Fact]
    public void A_chain_is_a_formula_where_four_terms_suffice()
    {
        HasFormula<ModifierChain<SoftCap, AlibiBias>>().Should().BeTrue();
        HasFormula<ModifierChain<NoModifier, SoftCap>>().Should().BeTrue();
        HasFormula<ModifierChain<ModifierChain<PositionTemperature, SoftCap>, PositionTemperature>>().Should().BeTrue();
        HasFormula<ModifierChain<DistanceBias, SoftCap>>().Should().BeFalse("one's own has four terms unless it says otherwise");
        HasFormula<ModifierChain<SoftCap, Checkerboard>>().Should().BeFalse();
        ModifierChain<NoModifier, NoModifier>.IsIdentity.Should().BeTrue();
        static bool HasFormula<TModifier>()
            where TModifier : struct, IScoreModifier<TModifier> => TModifier.HasFormula;
    }

    [Theory, EachBackend]
    public void Sinks_take_their_share(Backend backend)
    {
        float[] sinks = [0f, 1.5f, float.NegativeInfinity, -3f];
        using Tensor<float> tensor = Device(backend).Upload(sinks, [sinks.Length]);
        var asIs = new ScoreBy((score, _) => score);
        var capped = new ScoreBy((score, at) => ReferenceSoftCap.Apply(new ReferenceSoftCap(2f), score, at));
        AttentionDevice device = Device(backend);
        VariantCase.AgreesContiguous(device, backend, new CausalMask(), new AttentionSinks(tensor), _causal, asIs, head => sinks[head]);
        VariantCase.AgreesContiguous(
            device, backend, new CausalMask(), new SoftCap(2f).Then(new AttentionSinks(tensor)), _causal, capped, head => sinks[head]);
    }

    [Theory, EachBackend]
    public void Sinks_take_their_share_once_over_pages_in_splits_and_cascades(Backend backend)
    {
        // A sink above all scores, and queries outside of the document, whose rows have no key and give their sink.
        int[] offsets = [2, 120];
        using Tensor<int> document = Device(backend).Upload(offsets, [2]);
        float[] sinks = [0f, 30f, float.NegativeInfinity, -3f];
        using Tensor<float> tensor = Device(backend).Upload(sinks, [sinks.Length]);
        VariantCase.AgreesPaged(
            Device(backend), new CausalMask(), new AttentionSinks(tensor), _causal, new ScoreBy((score, _) => score), head => sinks[head]);
        VariantCase.AgreesPaged(
            Device(backend), new DocumentMask(document), new SoftCap(2f).Then(new AttentionSinks(tensor)),
            new MaskBy(at => MaskDefinitions.Document(offsets, at.Key) == 0 && MaskDefinitions.Document(offsets, at.QueryPosition) == 0), new ScoreBy((score, at) => ReferenceSoftCap.Apply(new ReferenceSoftCap(2f), score, at)),
            head => sinks[head]);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Tensor_cores_take_chains_and_sinks(Backend backend)
    {
        float[] sinks = [0f, 1.5f, float.NegativeInfinity, -3f];
        using Tensor<float> tensor = Device(backend).Upload(sinks, [sinks.Length]);
        VariantCase.AgreesByTensorCores(
            Device(backend), new CausalMask(), new SoftCap(2f).Then(new AttentionSinks(tensor)), _causal,
            new ScoreBy((score, at) => ReferenceSoftCap.Apply(new ReferenceSoftCap(2f), score, at)), head => sinks[head]);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Tensor_cores_take_sinks_over_pages(Backend backend)
    {
        // Sequences that decode, by tiles of few rows, beside one that begins.
        float[] sinks = [0f, 1.5f, float.NegativeInfinity, -3f];
        using Tensor<float> tensor = Device(backend).Upload(sinks, [sinks.Length]);
        VerifyPages(NumberFormat.Float16);
        VerifyPages(NumberFormat.Int8);

        void VerifyPages(NumberFormat pages)
        {
            using var runner = new PagedRunner(
                Device(backend), 3, [1, 3, VariantCase.MostQueries], [VariantCase.MostKeys, 9, 130], VariantCase.Heads, 2, 64, 16,
                PagedRunner.DefaultStorage with { KeyFormat = pages, ValueFormat = pages });
            using PagedAttentionPlan<Half> plan = Device(backend).PlanPagedAttention(
                runner.Table, VariantCase.Heads, VariantCase.MostQueries, new CausalMask(), new AttentionSinks(tensor), NumberFormat.Float16);
            plan.Schedule.Should().Be(KernelSchedule.TensorCore);
            VariantCase.VerifyPaged(
                runner, runner.Run(plan, StoredType.Float16), _causal, new ScoreBy((score, _) => score), StoredType.Float16, plan.Schedule,
                head => sinks[head]);
        }
    }

    [Theory, EachBackend]
    public void What_does_not_fit_the_plan_is_refused_by_name(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> three = device.Upload([0f, 0f, 0f], [3]);
        using Tensor<float> rows = device.Upload([0f, 0f, 0f], [3, 1]);
        Plan(new AttentionSinks(three)).Should().Throw<ArgumentException>().WithParameterName("modifier").WithMessage("*of 3 heads*4*");
        Plan(new RelativeBias(rows, 0)).Should().Throw<ArgumentException>().WithParameterName("modifier").WithMessage("*of 3 heads*4*");
        using Tensor<float> four = device.Upload([0f, 0f, 0f, 0f], [4]);
        Plan(new AttentionSinks(four).Then(new AttentionSinks(four))).Should().Throw<ArgumentException>().WithMessage("*twice*");
        Plan(new SoftCap(3f).Then(default(SoftCap))).Should().Throw<ArgumentException>().WithMessage("*SoftCap has no cap*");
        FluentActions.Invoking(() => new DenseBias(three)).Should().Throw<ArgumentException>().WithParameterName("bias");
        FluentActions.Invoking(() => new RelativeBias(three, 0)).Should().Throw<ArgumentException>().WithParameterName("bias");
        FluentActions.Invoking(() => new AttentionSinks(rows)).Should().Throw<ArgumentException>().WithParameterName("sinks");
        FluentActions.Invoking(() => new PositionTemperature(rows)).Should().Throw<ArgumentException>().WithParameterName("factors");

        Action Plan<TModifier>(TModifier modifier)
            where TModifier : struct, IScoreModifier<TModifier> =>
            () => device.PlanAttention([1, 2, 4, 8], [1, 2, 4, 8], new NoMask(), modifier).Dispose();
    }

    private static float DistanceBias(float score, Position at) =>
        score + (0.01f * (at.Head + 1) * (at.Key - at.QueryPosition)) - (0.25f * at.Batch);

    private void Verify<TModifier>(
        Backend backend, TModifier modifier, Func<float, Position, float> apply, bool pages = false, bool tensorCores = false)
        where TModifier : struct, IScoreModifier<TModifier>
    {
        VariantCase.AgreesContiguous(Device(backend), backend, new CausalMask(), modifier, _causal, new ScoreBy(apply));
        if (pages)
            VariantCase.AgreesPaged(Device(backend), new CausalMask(), modifier, _causal, new ScoreBy(apply));
        if (tensorCores && backend == Backend.Cuda)
            VariantCase.AgreesByTensorCores(Device(backend), new CausalMask(), modifier, _causal, new ScoreBy(apply));
    }
}
