using System.Globalization;
using Xunit;

namespace AttentionKernels.Tests.Oracle;

/// <summary>The library's error contract, with O a result, R the fp64 oracle and N the sequential fp32 loop.</summary>
internal static class ErrorRule
{
    private const double Absolute = 1e-6;
    private const int UnitsOfLogSumExp = 4;
    private const double NormRelative = 4e-6;
    private const double NormAbsolute = 1e-7;

    /// <summary>max|O − R| ≤ 2·max|N − R| + 10⁻⁶·max|V|, and NaN and infinities where the oracle has them and nowhere else.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R.</param>
    /// <param name="sequential">N.</param>
    /// <param name="values">V: what the results are combinations of, or the oracle where there is no such input.</param>
    public static void Verify(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle, ReadOnlySpan<float> sequential, ReadOnlySpan<float> values)
    {
        double bound = Bound(oracle, sequential, values);
        (int worst, double error) = LargestError(result, oracle);
        if (error > bound)
        {
            Fail($"The largest error is {error:G6} at element {worst}: {result[worst]:G9} for {oracle[worst]:G12}, where the sequential loop has {sequential[worst]:G9}; the bound is {bound:G6}.");
        }
    }

    /// <summary>The rule for norms, which a plain loop would not satisfy itself: max|O − R| ≤ 4·10⁻⁶·max|R| + 10⁻⁷.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R, all finite.</param>
    public static void VerifyNorm(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        double largest = 0;
        foreach (double value in oracle)
            largest = Math.Max(largest, Math.Abs(value));
        double bound = (NormRelative * largest) + NormAbsolute;
        (int worst, double error) = LargestError(result, oracle);
        if (error > bound)
            Fail($"The largest error is {error:G6} at element {worst}: {result[worst]:G9} for {oracle[worst]:G12}; the bound is {bound:G6}.");
    }

    /// <summary>2·max|N − R| + 10⁻⁶·max|V|, over what is finite.</summary>
    public static double Bound(ReadOnlySpan<double> oracle, ReadOnlySpan<float> sequential, ReadOnlySpan<float> values)
    {
        double naive = 0;
        for (int index = 0; index < oracle.Length; index++)
        {
            double error = Math.Abs(sequential[index] - oracle[index]);
            if (double.IsFinite(error))
                naive = Math.Max(naive, error);
        }

        double largest = 0;
        foreach (float value in values)
        {
            if (float.IsFinite(value))
                largest = Math.Max(largest, Math.Abs(value));
        }

        return (2 * naive) + (Absolute * largest);
    }

    /// <summary>Log-sum-exp within 4 ulp + 10⁻⁶ of the oracle's; −∞ and NaN where the oracle has them.</summary>
    public static void VerifyLogSumExp(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} log-sum-exps; the oracle has {oracle.Length}.");
        for (int index = 0; index < result.Length; index++)
        {
            float rounded = Math.Abs((float)oracle[index]);
            double bound = float.IsFinite(rounded) ? (UnitsOfLogSumExp * (double)(MathF.BitIncrement(rounded) - rounded)) + Absolute : 0;
            if (!Agree(result[index], oracle[index]) || Math.Abs(result[index] - oracle[index]) > bound)
            {
                Fail($"Log-sum-exp {index} is {result[index]:G9}; the oracle's is {oracle[index]:G12}, and the bound {bound:G6}.");
                return;
            }
        }
    }

    // Where results are finite as the oracle's are, the element that is furthest off.
    private static (int Index, double Error) LargestError(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        if (result.Length != oracle.Length)
            Fail($"There are {result.Length} results; the oracle has {oracle.Length}.");
        (int worst, double worstError) = (-1, 0);
        for (int index = 0; index < result.Length; index++)
        {
            if (!Agree(result[index], oracle[index]))
                Fail($"Element {index} is {result[index]}; the oracle's is {oracle[index]}.");
            double error = Math.Abs(result[index] - oracle[index]);
            if (error > worstError)
                (worst, worstError) = (index, error);
        }

        return (worst, worstError);
    }

    // Both finite, or the same NaN or infinity.
    private static bool Agree(float result, double oracle) => double.IsFinite(oracle) ? float.IsFinite(result) : ((double)result).Equals(oracle);

    private static void Fail(FormattableString message) => Assert.Fail(message.ToString(CultureInfo.InvariantCulture));
}
