using AttentionKernels.MicroKernels;

namespace AttentionKernels;

/// <summary>
/// A score modifier that is written as a formula over any kind of number: kernels compute it for single scores, for vectors of them on
/// processors, and as OpenCL C.
/// </summary>
/// <remarks>
/// What depends on the row (a slope, where the query stands) is computed once a row, in plain code, by <see cref="Row"/>; what depends on
/// the key is the formula. Both may use only what <see cref="IMask{TSelf}"/> says; the formula has no branches and no memory but its
/// operands, see <see cref="IScoreNumber{TSelf}"/>. A modifier that looks something up for each key is a plain
/// <see cref="IScoreModifier{TSelf}"/>.
/// </remarks>
/// <typeparam name="TSelf">The modifier itself.</typeparam>
public interface IScoreFormula<TSelf> : IScoreModifier<TSelf>
    where TSelf : struct, IScoreFormula<TSelf>
{
    /// <summary>How many of a row's terms the formula needs, from the first on: formulas of a chain have
    /// <see cref="ModifierChain{TFirst, TSecond}">four together</see>.</summary>
    static new virtual int TermCount => RowTerms.Count;

    /// <summary>What the formula needs to know about a row.</summary>
    /// <param name="self">The modifier.</param>
    /// <param name="row">The position of the row's score against key 0.</param>
    /// <returns>The row's terms.</returns>
    static abstract RowTerms Row(in TSelf self, in Position row);

    /// <summary>The changed score.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="score">The scaled score; for a masked position it may be anything, and the result is not used.</param>
    /// <param name="key">The key token, from 0; exact up to 2²⁴.</param>
    /// <param name="row">The terms of the row.</param>
    /// <returns>The score that enters the softmax; −∞ masks the key.</returns>
    static abstract T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T>;

    /// <inheritdoc/>
    static float IScoreModifier<TSelf>.Apply(in TSelf self, float score, in Position at)
    {
        RowTerms row = TSelf.Row(self, at.Row);
        return TSelf.Apply<ScalarNumber>(score, at.Key, new RowTerms<ScalarNumber>(row.A, row.B, row.C, row.D)).Value;
    }

    /// <inheritdoc/>
    static bool IScoreModifier<TSelf>.HasFormula => true;

    /// <inheritdoc/>
    static int IScoreModifier<TSelf>.TermCount => TSelf.TermCount;

    /// <inheritdoc/>
    static RowTerms IScoreModifier<TSelf>.Terms(in TSelf self, in Position row) => TSelf.Row(self, row);

    /// <inheritdoc/>
    static T IScoreModifier<TSelf>.Formula<T>(T score, T key, in RowTerms<T> row) => TSelf.Apply(score, key, row);
}
