using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels;

/// <summary>
/// Functions for score formulas, each a formula itself: the same steps in the same order for every kind of number, and so the same bits in
/// every kernel.
/// </summary>
public static class ScoreMath
{
    // Beyond it a number of fp32 has no fraction.
    private const float FirstWithoutFraction = 8388608f;

    private const float LargestExponent = 88f;
    private const float LargestPower = 127f;
    private const float SmallestPower = -126f;
    private const float LogarithmOfTwo = 0.693147181f;

    // From here on tanh x rounds to 1.
    private const float TanhLimit = 9.02f;

    /// <summary>The smaller of a number and a limit.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="value">The number; a NaN stays one.</param>
    /// <param name="limit">The limit; a NaN is none.</param>
    /// <returns>limit where limit &lt; value, value elsewhere.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Min<T>(T value, T limit)
        where T : struct, IScoreNumber<T> => T.IfLess(limit, value, limit, value);

    /// <summary>The larger of a number and a limit.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="value">The number; a NaN stays one.</param>
    /// <param name="limit">The limit; a NaN is none.</param>
    /// <returns>limit where value &lt; limit, value elsewhere.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Max<T>(T value, T limit)
        where T : struct, IScoreNumber<T> => T.IfLess(value, limit, limit, value);

    /// <summary>The magnitude.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number.</param>
    /// <returns>|x|.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Abs<T>(T x)
        where T : struct, IScoreNumber<T> => T.IfLess(x, 0f, 0f - x, x);

    /// <summary>The next integer downward.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number; infinities and NaN stay what they are.</param>
    /// <returns>⌊x⌋, exactly.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Floor<T>(T x)
        where T : struct, IScoreNumber<T>
    {
        // A sum from 2²³ on is an integer: the nearest one, of which 1 too many is taken away.
        T magnitude = Abs(x);
        T nearest = (magnitude + FirstWithoutFraction) - FirstWithoutFraction;
        T signed = T.IfLess(x, 0f, 0f - nearest, nearest);
        T floor = T.IfLess(x, signed, signed - 1f, signed);
        return T.IfLess(magnitude, FirstWithoutFraction, floor, x);
    }

    /// <summary>The exponential, within 1 ulp.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The exponent; NaN stays NaN.</param>
    /// <returns>eˣ; 0 below −87.33, ∞ above 88.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, IScoreNumber<T> =>
        T.IfLess(LargestExponent, x, float.PositiveInfinity, VectorExponential.Exp(x));

    /// <summary>The power of two, within 2 ulp; exact where the exponent is an integer.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The exponent; NaN stays NaN.</param>
    /// <returns>2ˣ; 0 below −126, ∞ above 127.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp2<T>(T x)
        where T : struct, IScoreNumber<T>
    {
        T shifted = x + VectorExponential.RoundingShift;
        T power = VectorExponential.Power(shifted, (x - (shifted - VectorExponential.RoundingShift)) * LogarithmOfTwo);
        return T.IfLess(x, SmallestPower, 0f, T.IfLess(LargestPower, x, float.PositiveInfinity, power));
    }

    /// <summary>The hyperbolic tangent, within 5 ulp, also next to 0; never beyond ±1.</summary>
    /// <remarks>
    /// x·P(x²)/Q(x²) with |x| limited to 9.02, both polynomials of degree 4 and without a negative coefficient, so that nothing cancels
    /// (minimax, relative error 2·10⁻⁸).
    /// </remarks>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number; NaN stays NaN.</param>
    /// <returns>tanh x.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : struct, IScoreNumber<T>
    {
        T limited = Max(Min(x, TanhLimit), -TanhLimit);
        T square = limited * limited;
        T above = T.MultiplyAdd(1.33172705e-8f, square, 2.05822750e-5f);
        above = T.MultiplyAdd(above, square, 0.00349396694f);
        above = T.MultiplyAdd(above, square, 0.133796635f);
        above = T.MultiplyAdd(above, square, 1f);
        T below = T.MultiplyAdd(7.76130733e-7f, square, 0.000328297791f);
        below = T.MultiplyAdd(below, square, 0.0258708233f);
        below = T.MultiplyAdd(below, square, 0.467129789f);
        below = T.MultiplyAdd(below, square, 1f);
        return Max(Min((limited * above) / below, 1f), -1f);
    }
}
