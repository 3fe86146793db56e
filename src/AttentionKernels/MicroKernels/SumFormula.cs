using System.Runtime.CompilerServices;

namespace AttentionKernels.MicroKernels;

/// <summary>x + y.</summary>
internal readonly struct SumFormula : IFormula
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IFormula.Apply<T>(T x, T y, in RowTerms<T> row) => x + y;
}
