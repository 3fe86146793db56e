using System.Globalization;
using Xunit;

namespace AttentionKernels.Tests.Oracle;

/// <summary>Holds results to the library's error contract, with O a result, R the fp64 oracle and N the sequential fp32 loop.</summary>
internal static class ErrorRule
{
    private const double LogSumExpAbsolute = 1e-6;
    private const int UnitsOfLogSumExp = 4;
    private const double Fp64Relative = 1e-13;

    /// <summary>max|O − R| ≤ 2·max|N − R| + 10⁻⁶·max|V|, and NaN and infinities where the oracle has them and nowhere else.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R.</param>
    /// <param name="sequential">N.</param>
    /// <param name="values">V: what the results are combinations of, or the oracle where there is no such input.</param>
    public static void Verify(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle, ReadOnlySpan<float> sequential, ReadOnlySpan<float> values)
    {
        double bound = ErrorBound.Of(oracle, sequential, values);
        int worst = Verify(result, oracle, bound);
        if (worst >= 0)
            Fail($"{Describe(result, oracle, worst)}, where the sequential loop has {sequential[worst]:G9}; the bound is {bound:G6}.");
    }

    /// <summary>O = R, the rule where inputs are small integers and so every sum is exact in any order.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R; what is far below 10⁻³⁸ in it is 0.</param>
    public static void VerifyExact(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} results; the oracle has {oracle.Length}.");
        for (int index = 0; index < result.Length; index++)
        {
            if (result[index] != (float)oracle[index])
                Fail($"Element {index} is {result[index]:G9}; it must be {(float)oracle[index]:G9} exactly.");
        }
    }

    /// <summary>The rule for norms, which a plain loop would not satisfy itself: max|O − R| ≤ 4·10⁻⁶·max|R| + 10⁻⁷.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R, all finite.</param>
    public static void VerifyNorm(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        double bound = ErrorBound.OfNorm(oracle);
        int worst = Verify(result, oracle, bound);
        if (worst >= 0)
            Fail($"{Describe(result, oracle, worst)}; the bound is {bound:G6}.");
    }

    /// <summary>Log-sum-exp within 4 ulp + 10⁻⁶ of the oracle's; −∞ and NaN where the oracle has them.</summary>
    public static void VerifyLogSumExp(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} log-sum-exps; the oracle has {oracle.Length}.");
        for (int index = 0; index < result.Length; index++)
        {
            float rounded = Math.Abs((float)oracle[index]);
            double bound = float.IsFinite(rounded) ? (UnitsOfLogSumExp * (double)(MathF.BitIncrement(rounded) - rounded)) + LogSumExpAbsolute : 0;
            if (!ErrorBound.Agree(result[index], oracle[index]) || Math.Abs(result[index] - oracle[index]) > bound)
            {
                Fail($"Log-sum-exp {index} is {result[index]:G9}; the oracle's is {oracle[index]:G12}, and the bound {bound:G6}.");
                return;
            }
        }
    }

    /// <summary>The rule for results that are fp64 themselves: |O − R| ≤ 10⁻¹³·max|V|, and NaN and infinities where the oracle has them and
    /// nowhere else.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R.</param>
    /// <param name="largest">max|V|: the largest magnitude of what the results are combinations of.</param>
    public static void VerifyFp64(ReadOnlySpan<double> result, ReadOnlySpan<double> oracle, double largest)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} results; the oracle has {oracle.Length}.");
        for (int index = 0; index < result.Length; index++)
        {
            bool agrees = double.IsFinite(oracle[index])
                ? Math.Abs(result[index] - oracle[index]) <= Fp64Relative * largest
                : result[index].Equals(oracle[index]);
            if (!agrees)
                Fail($"Element {index} is {result[index]:G17}; the oracle's is {oracle[index]:G17}, and the bound {Fp64Relative * largest:G6}.");
        }
    }

    // The element that is furthest off where that is beyond the bound, and −1 where none is.
    private static int Verify(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle, double bound)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} results; the oracle has {oracle.Length}.");
        (int worst, double error) = ErrorBound.Largest(result, oracle);
        return error <= bound ? -1 : worst;
    }

    private static string Describe(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle, int worst) => string.Create(
        CultureInfo.InvariantCulture,
        $"The largest error is {Math.Abs(result[worst] - oracle[worst]):G6} at element {worst}: {result[worst]:G9} for {oracle[worst]:G12}");

    private static void Fail(FormattableString message) => Assert.Fail(message.ToString(CultureInfo.InvariantCulture));
}
