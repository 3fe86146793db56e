namespace AttentionKernels;

/// <summary>Two score modifiers, one after the other.</summary>
/// <remarks>Made by <see cref="VariantOperations.Then{TModifier, TNext}"/>. A score that is −∞ behind the first stays so.
/// A chain of formulas is a formula, where they need four terms of a row together or fewer, as <see cref="SoftCap"/> and
/// <see cref="AlibiBias"/> do: processors compute it in vectors.</remarks>
/// <typeparam name="TFirst">The first.</typeparam>
/// <typeparam name="TSecond">The second.</typeparam>
public readonly struct ModifierChain<TFirst, TSecond> : IScoreModifier<ModifierChain<TFirst, TSecond>>
    where TFirst : struct, IScoreModifier<TFirst>
    where TSecond : struct, IScoreModifier<TSecond>
{
    private readonly TFirst _first;
    private readonly TSecond _second;

    internal ModifierChain(TFirst first, TSecond second)
    {
        _first = first;
        _second = second;
    }

    /// <inheritdoc/>
    public static bool IsIdentity => TFirst.IsIdentity && TSecond.IsIdentity;

    /// <inheritdoc/>
    static bool IScoreModifier<ModifierChain<TFirst, TSecond>>.HasFormula =>
        !IsIdentity && (TFirst.HasFormula || TFirst.IsIdentity) && (TSecond.HasFormula || TSecond.IsIdentity) &&
        TFirst.TermCount + TSecond.TermCount <= RowTerms.Count;

    /// <inheritdoc/>
    static int IScoreModifier<ModifierChain<TFirst, TSecond>>.TermCount => TFirst.TermCount + TSecond.TermCount;

    /// <inheritdoc/>
    static bool IScoreModifier<ModifierChain<TFirst, TSecond>>.HasSink => TFirst.HasSink || TSecond.HasSink;

    /// <inheritdoc/>
    public static float Apply(in ModifierChain<TFirst, TSecond> self, float score, in Position at)
    {
        if (!TFirst.IsIdentity)
            score = TFirst.Apply(self._first, score, at);
        return TSecond.IsIdentity || score < float.MinValue ? score : TSecond.Apply(self._second, score, at);
    }

    /// <inheritdoc/>
    static float IScoreModifier<ModifierChain<TFirst, TSecond>>.Sink(in ModifierChain<TFirst, TSecond> self, int head) =>
        TFirst.HasSink ? TFirst.Sink(self._first, head) : TSecond.Sink(self._second, head);

    /// <inheritdoc/>
    static void IScoreModifier<ModifierChain<TFirst, TSecond>>.Check(in ModifierChain<TFirst, TSecond> self, int heads, string name)
    {
        TFirst.Check(self._first, heads, name);
        TSecond.Check(self._second, heads, name);
        if (TFirst.HasSink && TSecond.HasSink)
            throw new ArgumentException($"The {nameof(ModifierChain<,>)} has attention sinks twice; it must have them once.", name);
    }

    /// <inheritdoc/>
    static RowTerms IScoreModifier<ModifierChain<TFirst, TSecond>>.Terms(in ModifierChain<TFirst, TSecond> self, in Position row)
    {
        RowTerms first = TFirst.Terms(self._first, row);
        RowTerms second = TSecond.Terms(self._second, row);
        return TFirst.TermCount switch
        {
            0 => second,
            1 => new RowTerms(first.A, second.A, second.B, second.C),
            2 => new RowTerms(first.A, first.B, second.A, second.B),
            3 => new RowTerms(first.A, first.B, first.C, second.A),
            _ => first,
        };
    }

    /// <inheritdoc/>
    static T IScoreModifier<ModifierChain<TFirst, TSecond>>.Formula<T>(T score, T key, in RowTerms<T> row)
    {
        RowTerms<T> second = TFirst.TermCount switch
        {
            0 => row,
            1 => new RowTerms<T>(row.B, row.C, row.D),
            2 => new RowTerms<T>(row.C, row.D),
            3 => new RowTerms<T>(row.D),
            _ => default,
        };
        T first = TFirst.Formula(score, key, row);
        return TFirst.IsIdentity
            ? TSecond.Formula(first, key, second)
            : T.IfLess(first, float.MinValue, first, TSecond.Formula(first, key, second));
    }
}
