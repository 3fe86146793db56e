using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>A mask's type, a modifier's, a layout and formats, for which kernels are compiled; any number of problems runs on it.</summary>
internal abstract class Instantiation
{
    /// <summary>What it is of.</summary>
    public required string Name { get; init; }

    /// <summary>Whether there are inputs whose result is exact.</summary>
    public bool CanBeExact { get; init; } = true;

    /// <summary>Whether it is run by CUDA too.</summary>
    public bool IsForCuda { get; init; }

    /// <summary>Whether CUDA runs it on tensor cores.</summary>
    public bool IsForTensorCores { get; init; }

    /// <summary>Where keys and values lie.</summary>
    public abstract CombinationLayout Layout { get; }

    /// <summary>The largest integer up to which keys' format has all.</summary>
    public abstract int LargestKey { get; }

    /// <summary>Runs a problem and verifies its result.</summary>
    public void Verify(AttentionDevice device, Combination problem)
    {
        string variant = "not drawn";
        try
        {
            using var draw = new VariantDraw(device, problem);
            Verify(device, draw, text => variant = text);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{Name}: {problem}, {variant}: {exception.Message}", exception);
        }
    }

    /// <summary>The same with where to draw a variant from, and whom to tell what was drawn.</summary>
    protected abstract void Verify(AttentionDevice device, VariantDraw draw, Action<string> isDrawn);
}

/// <summary>An instantiation of a mask and a modifier.</summary>
internal abstract class Instantiation<TMask, TModifier>(
    Func<VariantDraw, DrawnMask<TMask>> drawMask, Func<VariantDraw, DrawnModifier<TModifier>> drawModifier) : Instantiation
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    protected sealed override void Verify(AttentionDevice device, VariantDraw draw, Action<string> isDrawn)
    {
        (DrawnMask<TMask> mask, DrawnModifier<TModifier> modifier) = (drawMask(draw), drawModifier(draw));
        isDrawn($"{mask.Text}, {modifier.Text}");
        Verify(device, draw.Problem, mask, modifier);
    }

    /// <summary>The same with a drawn variant.</summary>
    protected abstract void Verify(AttentionDevice device, Combination problem, DrawnMask<TMask> mask, DrawnModifier<TModifier> modifier);

    /// <summary>Queries, keys and values of each sequence, small integers.</summary>
    protected Func<int, (float[] Queries, float[] Keys, float[] Values)> HardRows(Combination problem, bool mayTie) => sequence =>
    {
        // What is in common is in the pages of one sequence, so ranks are those of all.
        var data = new HardAttentionData(
            new Random(problem.Seed + (Layout == CombinationLayout.Cascade ? 0 : sequence)), problem, LargestKey, mayTie);
        var random = new Random(~problem.Seed - sequence);
        return (
            data.Queries(random, problem.QueryLengths[sequence], problem.Heads), data.Keys(problem.KeyLengths[sequence]),
            data.Values(random, problem.KeyLengths[sequence]));
    };
}

/// <summary>Contiguous attention of a type.</summary>
internal sealed class ContiguousInstantiation<T, TMask, TModifier>(
    StoredType<T> stored, Func<VariantDraw, DrawnMask<TMask>> drawMask, Func<VariantDraw, DrawnModifier<TModifier>> drawModifier)
    : Instantiation<TMask, TModifier>(drawMask, drawModifier)
    where T : unmanaged
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    public override CombinationLayout Layout => CombinationLayout.Contiguous;

    /// <inheritdoc/>
    public override int LargestKey => 255;

    /// <inheritdoc/>
    protected override void Verify(AttentionDevice device, Combination problem, DrawnMask<TMask> mask, DrawnModifier<TModifier> modifier)
    {
        var attention = new AttentionCase(
            problem.Batch, problem.Heads, problem.KeyValueHeads, problem.MaximumQueries, problem.MaximumKeys, problem.HeadDimension,
            MaskKind.Full, problem.Layout);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        if (problem.IsExact)
            inputs = Hard(inputs, problem, modifier);
        inputs = inputs with { Query = stored.Round(inputs.Query), Key = stored.Round(inputs.Key), Value = stored.Round(inputs.Value) };
        AttentionResult result = AttentionRunner.Run(device, attention, inputs, mask.Mask, modifier.Modifier, problem.Options, stored);
        VariantCase.Verify(inputs, result, new MaskBy(mask.Allows), new ScoreBy(modifier.Apply), stored, modifier.Sink, problem.IsExact);
    }

    private AttentionInputs Hard(AttentionInputs inputs, Combination problem, DrawnModifier<TModifier> modifier)
    {
        (float[] Queries, float[] Keys, float[] Values)[] rows =
            [.. Enumerable.Range(0, problem.Batch).Select(HardRows(problem, modifier.MayTie))];
        return inputs with
        {
            Query = [.. rows.SelectMany(row => row.Queries)],
            Key = [.. rows.SelectMany(row => row.Keys)],
            Value = [.. rows.SelectMany(row => row.Values)],
            Scale = modifier.Scale / HardAttentionData.QueryFactor,
        };
    }
}

/// <summary>Attention of a type over sequences of their own lengths in tensors.</summary>
internal sealed class RaggedInstantiation<T, TMask, TModifier>(
    StoredType<T> stored, Func<VariantDraw, DrawnMask<TMask>> drawMask, Func<VariantDraw, DrawnModifier<TModifier>> drawModifier)
    : Instantiation<TMask, TModifier>(drawMask, drawModifier)
    where T : unmanaged
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    public override CombinationLayout Layout => CombinationLayout.Ragged;

    /// <inheritdoc/>
    public override int LargestKey => 255;

    /// <inheritdoc/>
    protected override void Verify(AttentionDevice device, Combination problem, DrawnMask<TMask> mask, DrawnModifier<TModifier> modifier)
    {
        var runner = new RaggedRunner(problem.QueryLengths, problem.KeyLengths, problem.HeadDimension, problem.HeadDimension)
        {
            Heads = problem.Heads,
            KeyValueHeads = problem.KeyValueHeads,
            Padding = problem.Layout == MemoryLayout.Dense ? 0 : 1 + (problem.Seed % 8),
            ByOffsets = problem.Seed % 2 == 0,
            Data = problem.IsExact ? [.. Enumerable.Range(0, problem.Batch).Select(HardRows(problem, modifier.MayTie))] : null,
        };
        AttentionOptions options = problem.Options with { Scale = problem.IsExact ? modifier.Scale / HardAttentionData.QueryFactor : null };
        using RaggedAttentionPlan<T> plan = device.PlanRaggedAttention(runner.Shape, mask.Mask, modifier.Modifier, stored.Type, options);
        (float[][] outputs, float[][] logSumExp) = runner.Run(plan, stored);
        for (int sequence = 0; sequence < problem.Batch; sequence++)
        {
            AttentionInputs inputs = runner.Sequence(sequence, stored);
            VariantCase.Verify(
                inputs with { Scale = options.Scale ?? inputs.Scale }, new AttentionResult(outputs[sequence], logSumExp[sequence], plan.Schedule),
                new MaskBy(mask.Allows), new ScoreBy(modifier.Apply), stored, modifier.Sink, problem.IsExact);
        }
    }
}

/// <summary>Attention over pages of formats, a cascade or not.</summary>
internal sealed class PagedInstantiation<TMask, TModifier>(
    NumberFormat keyFormat, NumberFormat valueFormat, Func<VariantDraw, DrawnMask<TMask>> drawMask,
    Func<VariantDraw, DrawnModifier<TModifier>> drawModifier) : Instantiation<TMask, TModifier>(drawMask, drawModifier)
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>Whether sequences have pages in common.</summary>
    public bool IsCascade { get; init; }

    /// <inheritdoc/>
    public override CombinationLayout Layout => IsCascade ? CombinationLayout.Cascade : CombinationLayout.Paged;

    /// <inheritdoc/>
    public override int LargestKey => keyFormat.ToString() switch
    {
        nameof(NumberFormat.Int8) => 127,
        nameof(NumberFormat.Int4) or nameof(NumberFormat.Float8E5M2) => 7,
        nameof(NumberFormat.Float8E4M3) => 15,
        _ => 255,
    };

    /// <inheritdoc/>
    protected override void Verify(AttentionDevice device, Combination problem, DrawnMask<TMask> mask, DrawnModifier<TModifier> modifier)
    {
        // With a scale of 1 for all, integers are stored as they are.
        CacheOptions storage = PagedRunner.DefaultStorage with
        {
            KeyFormat = keyFormat,
            ValueFormat = valueFormat,
            Scales = PageScales.Layer,
            Layout = (PageLayout)(problem.Seed % 2),
        };
        using var runner = new PagedRunner(
            device, problem.Seed, problem.QueryLengths, problem.KeyLengths, problem.Heads, problem.KeyValueHeads, problem.HeadDimension,
            problem.PageSize, storage, [.. problem.KeyLengths.Select((_, sequence) => (0, sequence == 0 ? 0 : problem.CommonPages))],
            problem.IsExact ? HardRows(problem, modifier.MayTie) : null);
        AttentionOptions options = problem.Options with { Scale = problem.IsExact ? modifier.Scale / HardAttentionData.QueryFactor : null };
        (float[][] output, float[][] logSumExp) = runner.Run(
            mask.Mask, modifier.Modifier, options, IsCascade ? problem.Options.CascadeLevels : null);
        for (int sequence = 0; sequence < problem.Batch; sequence++)
        {
            AttentionInputs inputs = PagedVerification.Inputs(runner, sequence) with { Scale = options.Scale };
            VariantCase.Verify(
                inputs, new AttentionResult(output[sequence], logSumExp[sequence], KernelSchedule.Vector), new MaskBy(mask.Allows),
                new ScoreBy(modifier.Apply), StoredType.Float32, modifier.Sink, problem.IsExact);
        }
    }
}
