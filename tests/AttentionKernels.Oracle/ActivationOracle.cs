namespace AttentionKernels.Oracle;

/// <summary>Activations in fp64 by their definitions.</summary>
internal static class ActivationOracle
{
    // Of the normal distribution's tail: from here on its continued fraction, before it its series.
    private const double FirstOfFraction = 4;
    private const int Terms = 200;

    /// <summary>x·Φ(x).</summary>
    public static double Gelu(double x) => double.IsNegativeInfinity(x) ? 0 : x * Normal(x);

    /// <summary>x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2, written so that nothing cancels.</summary>
    public static double GeluTanh(double x) => Gated(x, 2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)));

    /// <summary>x·σ(1.702·x).</summary>
    public static double QuickGelu(double x) => Gated(x, 1.702 * x);

    /// <summary>x·σ(x).</summary>
    public static double Silu(double x) => Gated(x, x);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Gated(double x, double argument) => double.IsNegativeInfinity(x) ? 0 : x * Sigmoid(argument);

    // Φ(x): 1/2 + φ(x)·(x + x³/3 + x⁵/15 + …) about 0; φ(y)/(y + 1/(y + 2/(y + 3/(y + …)))) below −y.
    private static double Normal(double x)
    {
        if (double.IsPositiveInfinity(x))
            return 1;
        double density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(x) >= FirstOfFraction)
        {
            double y = Math.Abs(x);
            double fraction = y;
            for (int term = Terms; term > 0; term--)
                fraction = y + (term / fraction);
            return x < 0 ? density / fraction : 1 - (density / fraction);
        }

        double sum = 0;
        double power = x;
        for (int term = 1; term < Terms; term++)
        {
            sum += power;
            power *= x * x / ((2 * term) + 1);
        }

        // Below 0 the series cancels, to 10⁻¹¹ of the tail at its end.
        return 0.5 + (density * sum);
    }
}
