using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Variants;

/// <summary>The formula of a modifier, as micro-kernels take it.</summary>
/// <typeparam name="TModifier">The modifier.</typeparam>
internal readonly struct ModifierFormula<TModifier> : IFormula
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IFormula.Apply<T>(T score, T key, in RowTerms<T> row) => TModifier.Formula(score, key, row);
}
