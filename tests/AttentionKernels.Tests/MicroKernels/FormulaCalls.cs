using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>scores, terms, scale; count.</summary>
internal readonly struct FormulaPanel<TFormula> : IMicroKernel
    where TFormula : struct, IFormula
{
    public const int FirstKey = 1000;

    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        new TileView(arguments.From(call, 0), stride: 2 * TVector.Lanes).ApplyToPanel<TVector, TFormula>(
            count: arguments[call, 3], scale: arguments.Memory[arguments[call, 2]], FirstKey, arguments.From(call, 1));
}

/// <summary>scores, terms, scale, returned flag; stride, rows, count.</summary>
internal readonly struct FormulaRows<TFormula> : IMicroKernel
    where TFormula : struct, IFormula
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>
    {
        bool none = new TileView(arguments.From(call, 0), stride: arguments[call, 4]).ApplyToRows<TVector, TFormula>(
            rows: arguments[call, 5], count: arguments[call, 6], scale: arguments.Memory[arguments[call, 2]], FormulaPanel<TFormula>.FirstKey,
            arguments.From(call, 1));
        arguments.Memory[arguments[call, 3]] = none ? 1f : 0f;
    }
}

/// <summary>Every function and operation that formulas have; the row's first term chooses which one.</summary>
internal readonly struct EachFunction : IFormula
{
    public const int Functions = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T>
    {
        T arithmetic = ((score - row.C) / row.D) * (key + row.B);
        T comparisons = ScoreMath.Min(ScoreMath.Max(score, row.B), row.C);
        T last = T.IfLess(row.A, 6.5f, comparisons, T.IfLess(key, 1007f, arithmetic, float.NegativeInfinity));
        T upper = T.IfLess(row.A, 4.5f, ScoreMath.Abs(score), T.IfLess(row.A, 5.5f, arithmetic, last));
        T lower = T.IfLess(row.A, 2.5f, ScoreMath.Exp2(score), ScoreMath.Floor(score));
        T middle = T.IfLess(row.A, 1.5f, ScoreMath.Exp(score), lower);
        return T.IfLess(row.A, 0.5f, ScoreMath.Tanh(score), T.IfLess(row.A, 3.5f, middle, upper));
    }
}

/// <summary><see cref="EachFunction"/> of a score, for key and row 0 but the first term, in scalar kernels.</summary>
internal readonly struct ScalarFunction : IFunction
{
    public static float Apply(float first, float second, float third) => EachFunction.Apply<ScalarNumber>(
        first, third, new RowTerms<ScalarNumber>(second, ScoreFormulaTests.Lower, ScoreFormulaTests.Upper, ScoreFormulaTests.Divisor)).Value;
}
