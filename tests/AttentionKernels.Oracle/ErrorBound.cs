namespace AttentionKernels.Oracle;

/// <summary>The library's error contract, with O a result, R the fp64 oracle and N the sequential fp32 loop.</summary>
internal static class ErrorBound
{
    private const double Absolute = 1e-6;
    private const double NormRelative = 4e-6;
    private const double NormAbsolute = 1e-7;

    /// <summary>The largest |O − R| that is allowed: 2·max|N − R| + 10⁻⁶·max|V|, over what is finite.</summary>
    /// <param name="oracle">R.</param>
    /// <param name="sequential">N.</param>
    /// <param name="values">V: what the results are combinations of, or the oracle where there is no such input.</param>
    public static double Of(ReadOnlySpan<double> oracle, ReadOnlySpan<float> sequential, ReadOnlySpan<float> values)
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

    /// <summary>The rule for norms, which a plain loop would not satisfy itself: 4·10⁻⁶·max|R| + 10⁻⁷.</summary>
    /// <param name="oracle">R, all finite.</param>
    public static double OfNorm(ReadOnlySpan<double> oracle)
    {
        double largest = 0;
        foreach (double value in oracle)
            largest = Math.Max(largest, Math.Abs(value));
        return (NormRelative * largest) + NormAbsolute;
    }

    /// <summary>The element that is furthest off, and max|O − R|: NaN where they do not <see cref="Agree"/>.</summary>
    /// <param name="result">O.</param>
    /// <param name="oracle">R.</param>
    public static (int Index, double Error) Largest(ReadOnlySpan<float> result, ReadOnlySpan<double> oracle)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, oracle.Length);
        (int worst, double worstError) = (-1, 0);
        for (int index = 0; index < result.Length; index++)
        {
            if (!Agree(result[index], oracle[index]))
                return (index, double.NaN);
            double error = Math.Abs(result[index] - oracle[index]);
            if (error > worstError)
                (worst, worstError) = (index, error);
        }

        return (worst, worstError);
    }

    /// <summary>Whether both are finite, or the same NaN or infinity.</summary>
    public static bool Agree(float result, double oracle) => double.IsFinite(oracle) ? float.IsFinite(result) : ((double)result).Equals(oracle);
}
