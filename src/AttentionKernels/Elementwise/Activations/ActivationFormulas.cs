using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>The formulas that an activation takes part in.</summary>
/// <typeparam name="TActivation">The activation f.</typeparam>
internal static class ActivationFormulas<TActivation>
    where TActivation : struct, IActivation
{
    /// <summary>f(x).</summary>
    internal readonly struct Alone : IFormula
    {
        static bool IFormula.HasTwoOperands => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T IFormula.Apply<T>(T x, T y, in RowTerms<T> row) => TActivation.Apply(x);
    }

    /// <summary>f(x + y): behind a bias.</summary>
    internal readonly struct OfSum : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T IFormula.Apply<T>(T x, T y, in RowTerms<T> row) => TActivation.Apply(x + y);
    }

    /// <summary>f(x)·y: a gated linear unit.</summary>
    internal readonly struct Gate : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T IFormula.Apply<T>(T x, T y, in RowTerms<T> row) => TActivation.Apply(x) * y;
    }
}
