namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>Draws each of the library's score modifiers, with its definition; of integers where results are to be exact.</summary>
internal static class CombinationModifiers
{
    // Beyond twice the difference of any two ranks: the bias decides, and the rank between equal biases.
    private const float BiasStep = 1024 * VariantDraw.Apart;

    // A distance's least share of a score is 2⁻⁸ by the flattest slope; ranks stay below it, and all is exact in 24 bits.
    private const float BelowSlopes = 1f / (1 << 17);

    /// <summary>Scores as they are.</summary>
    public static DrawnModifier<NoModifier> None(VariantDraw draw) =>
        new(new NoModifier(), (score, _) => score, $"scores of {draw.Problem.Heads} heads");

    /// <summary>A soft cap, which is never exact.</summary>
    public static DrawnModifier<SoftCap> Cap(VariantDraw draw)
    {
        float cap = 1 + (10 * draw.Random.NextSingle());
        var reference = new ReferenceSoftCap(cap);
        return new(new SoftCap(cap), (score, at) => ReferenceSoftCap.Apply(reference, score, at), $"capped at {cap:R}");
    }

    /// <summary>Linear biases; ranks decide.</summary>
    public static DrawnModifier<AlibiBias> Alibi(VariantDraw draw)
    {
        var reference = new ReferenceAlibi(draw.Problem.Heads);
        return new(new AlibiBias(draw.Problem.Heads), (score, at) => ReferenceAlibi.Apply(reference, score, at), "linear biases")
        {
            Scale = 2 * VariantDraw.Apart,
            MayTie = false,
        };
    }

    /// <summary>Linear biases, and then a temperature that sets them apart; distances decide, and of keys as far away ranks.</summary>
    public static DrawnModifier<ModifierChain<AlibiBias, PositionTemperature>> HotAlibi(VariantDraw draw)
    {
        DrawnModifier<PositionTemperature> temperature = Temperature(draw, draw.Problem.IsExact ? VariantDraw.Apart / BelowSlopes : 1f);
        return Then(Alibi, _ => temperature)(draw) with { Scale = BelowSlopes, MayTie = true };
    }

    /// <summary>A factor for each position, below 0 too.</summary>
    public static DrawnModifier<PositionTemperature> Temperature(VariantDraw draw) => Temperature(draw, 1f);

    /// <summary>A bias for each distance, of each head or all.</summary>
    public static DrawnModifier<RelativeBias> Relative(VariantDraw draw)
    {
        int first = -draw.Random.Next(60);
        int heads = draw.Random.Next(2) == 0 ? 1 : draw.Problem.Heads;
        int columns = 1 + draw.Random.Next(120);
        float[] table = VariantDraw.Numbers(heads * columns, () => Bias(draw));
        return new(
            new RelativeBias(draw.Upload(table, heads, columns), first),
            (score, at) => score + table[((heads == 1 ? 0 : at.Head) * columns) + Column(at)],
            $"biases of {columns} distances from {first}, of {heads} heads");
        int Column(Position at) => Math.Clamp(at.Key - at.QueryPosition - first, 0, columns - 1);
    }

    /// <summary>A bias for each pair, −∞ among them.</summary>
    public static DrawnModifier<DenseBias> Dense(VariantDraw draw)
    {
        int rows = draw.Random.Next(4) == 0 ? 1 : draw.Problem.MaximumQueries;
        PairTable<float> table = draw.Pairs(
            rows, draw.Problem.MaximumKeys, () => draw.Random.Next(8) == 0 ? float.NegativeInfinity : Bias(draw));
        return new(
            new DenseBias(table.Tensor), (score, at) => score + table.At(at.Batch, at.Head, at.Query, at.Key), $"biases {table}");
    }

    /// <summary>A sink for each head: of no share, all, or half, where its score is the row's.</summary>
    public static DrawnModifier<AttentionSinks> Sinks(VariantDraw draw)
    {
        int ranks = draw.Problem.MaximumKeys;
        float[] sinks = VariantDraw.Numbers(
            draw.Problem.Heads,
            () => draw.Random.Next(5) == 0 ? float.NegativeInfinity
                : draw.Problem.IsExact ? VariantDraw.Apart * draw.Random.Next(-ranks, ranks) : Bias(draw));
        return new(new AttentionSinks(draw.Upload(sinks, sinks.Length)), (score, _) => score, $"sinks {string.Join(' ', sinks)}")
        {
            MayTie = false,
            Sink = head => sinks[head],
        };
    }

    /// <summary>One after the other.</summary>
    public static Func<VariantDraw, DrawnModifier<ModifierChain<TFirst, TSecond>>> Then<TFirst, TSecond>(
        Func<VariantDraw, DrawnModifier<TFirst>> first, Func<VariantDraw, DrawnModifier<TSecond>> second)
        where TFirst : struct, IScoreModifier<TFirst>
        where TSecond : struct, IScoreModifier<TSecond> => draw =>
        {
            (DrawnModifier<TFirst> one, DrawnModifier<TSecond> next) = (first(draw), second(draw));
            return new(
                one.Modifier.Then(next.Modifier), (score, at) => Next(one.Apply(score, at), at), $"{one.Text}, then {next.Text}")
            {
                Scale = Math.Max(one.Scale, next.Scale),
                MayTie = one.MayTie && next.MayTie,
                Sink = one.Sink ?? next.Sink,
            };
            float Next(float score, Position at) => float.IsNegativeInfinity(score) ? score : next.Apply(score, at);
        };

    private static DrawnModifier<PositionTemperature> Temperature(VariantDraw draw, float unit)
    {
        int[] integers = [-2, -1, 1, 2, 3];
        float[] factors = VariantDraw.Numbers(
            1 + draw.Random.Next(160),
            () => unit * (draw.Problem.IsExact ? integers[draw.Random.Next(integers.Length)] : 0.5f + draw.Random.NextSingle()));
        return new(
            new PositionTemperature(draw.Upload(factors, factors.Length)),
            (score, at) => score * factors[Math.Clamp(at.QueryPosition, 0, factors.Length - 1)], $"{factors.Length} temperatures");
    }

    private static float Bias(VariantDraw draw) =>
        draw.Problem.IsExact ? BiasStep * draw.Random.Next(-3, 4) : (2 * draw.Random.NextSingle()) - 1;
}
