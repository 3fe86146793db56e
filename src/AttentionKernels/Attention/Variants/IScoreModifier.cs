namespace AttentionKernels;

/// <summary>
/// Changes a score, query · key · scale, before the softmax. A modifier is a struct; kernels are compiled for it, and its fields travel
/// with the kernel's arguments.
/// </summary>
/// <remarks><see cref="Apply"/> is called for each score; an <see cref="IScoreFormula{TSelf}"/> is computed in vectors where the device has
/// them. The struct must be public and its method fit for a kernel, as <see cref="IMask{TSelf}"/> says. A result of −∞ masks the
/// key.</remarks>
/// <typeparam name="TSelf">The modifier itself.</typeparam>
public interface IScoreModifier<TSelf>
    where TSelf : struct, IScoreModifier<TSelf>
{
    /// <summary>Whether <see cref="Apply"/> returns every score as it is. Kernels then do not call it.</summary>
    static virtual bool IsIdentity => false;

    /// <summary>The changed score.</summary>
    /// <param name="self">The modifier.</param>
    /// <param name="score">The scaled score; for a masked position it may be anything, and the result is not used.</param>
    /// <param name="at">The position.</param>
    /// <returns>The score that enters the softmax.</returns>
    static abstract float Apply(in TSelf self, float score, in Position at);

    /// <summary>Refuses fields that do not go with a plan.</summary>
    /// <param name="self">The modifier.</param>
    /// <param name="heads">The plan's number of query heads.</param>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    internal static virtual void Check(in TSelf self, int heads, string name)
    {
    }

    /// <summary>Whether each head has one more score, of no key; see <see cref="AttentionSinks"/>.</summary>
    internal static virtual bool HasSink => false;

    /// <summary>That score, where there is one.</summary>
    internal static virtual float Sink(in TSelf self, int head) => float.NegativeInfinity;

    /// <summary>Whether the modifier is an <see cref="IScoreFormula{TSelf}"/>, or a chain of them.</summary>
    internal static virtual bool HasFormula => false;

    /// <summary>Whether <see cref="Apply"/> is called for each score.</summary>
    internal static virtual bool AsksEachScore => !TSelf.IsIdentity && !TSelf.HasFormula;

    /// <summary>How many terms of a row the formula needs.</summary>
    internal static virtual int TermCount => 0;

    /// <summary>The terms of a row, where there is a formula.</summary>
    internal static virtual RowTerms Terms(in TSelf self, in Position row) => default;

    /// <summary>The formula, where there is one.</summary>
    internal static virtual T Formula<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> => score;
}
