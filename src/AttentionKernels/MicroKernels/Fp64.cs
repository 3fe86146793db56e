using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// eˣ and ln x in fp64. ILGPU has neither for every device, so they are plain arithmetic, and the same steps on all of them.
/// </summary>
internal static class Fp64
{
    // Below it eˣ is hardly a normal number.
    private const double Smallest = -708;

    // ln 2 in two parts, after Cody and Waite: a product of the first and a small integer is exact.
    private const double LogarithmOfTwoHigh = 0.693147180369123816;
    private const double LogarithmOfTwoLow = 1.90821492927058770e-10;
    private const double InverseLogarithmOfTwo = 1.44269504088896341;

    // (ln 2 / 2)¹⁴ / 14! is 4·10⁻¹⁸.
    private const int Degree = 13;

    // Of an fp64 number.
    private const int ExponentBias = 1023;
    private const int MantissaBits = 52;

    /// <summary>eˣ of x ≤ 0, within 2 ulp; 0 below −708, so also for −∞; NaN stays NaN.</summary>
    /// <remarks>x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eˣ = 2ⁿ·eʳ, where eʳ = 1 + r·(1 + r/2·(1 + r/3·(…))).</remarks>
    public static double ExpOfNegative(double x)
    {
        // Rounded toward 0.
        int n = (int)((x * InverseLogarithmOfTwo) - 0.5);
        double r = (x - (n * LogarithmOfTwoHigh)) - (n * LogarithmOfTwoLow);
        double series = 1;
        for (int term = Degree; term > 0; term--)
            series = 1 + (series * r / term);
        double power = Interop.IntAsFloat((ulong)(n + ExponentBias) << MantissaBits);
        return x < Smallest ? 0 : series * power;
    }

    /// <summary>ln x of x ≥ 1, to about 2 ulp, near 1 to an absolute error of 2⁻⁵¹.</summary>
    /// <remarks>From y, which is ln x in fp32, by a step of Halley's: with z = x·e⁻ʸ it is y + ln z, and ln z = 2(z − 1)/(z + 1) up to
    /// (z − 1)³/12.</remarks>
    public static double Log(double x)
    {
        double y = Logarithm.Log((float)x);
        double z = x * ExpOfNegative(-y);
        return y + (2 * (z - 1) / (z + 1));
    }
}
