using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels;

/// <summary>
/// Functions for formulas of scores and activations, each a formula itself: the same steps in the same order for every kind of number, and
/// so the same bits in every kernel.
/// </summary>
public static class ScoreMath
{
    // Beyond it a number of fp32 has no fraction.
    private const float FirstWithoutFraction = 8388608f;

    private const float LargestExponent = 88f;
    private const float LargestPower = 127f;
    private const float SmallestPower = -126f;
    private const float LogarithmOfTwo = 0.693147181f;

    // Below it σ(x) is 0.
    private const float SmallestGate = -100f;

    // From here on tanh x rounds to 1.
    private const float TanhLimit = 9.02f;

    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number; a NaN stays one.</param>
    extension<T>(T x)
        where T : struct, IScoreNumber<T>
    {
        /// <summary>The smaller of a number and a limit.</summary>
        /// <param name="limit">The limit; a NaN is none.</param>
        /// <returns>limit where limit &lt; x, x elsewhere.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Min(T limit) => T.IfLess(limit, x, limit, x);

        /// <summary>The larger of a number and a limit.</summary>
        /// <param name="limit">The limit; a NaN is none.</param>
        /// <returns>limit where x &lt; limit, x elsewhere.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Max(T limit) => T.IfLess(x, limit, limit, x);

        /// <summary>The magnitude.</summary>
        /// <returns>|x|.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Abs() => T.IfLess(x, 0f, 0f - x, x);

        /// <summary>The next integer downward.</summary>
        /// <returns>⌊x⌋, exactly; an infinity stays one.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Floor()
        {
            // A sum from 2²³ on is an integer: the nearest one, of which 1 too many is taken away.
            T magnitude = Abs(x);
            T nearest = (magnitude + FirstWithoutFraction) - FirstWithoutFraction;
            T signed = T.IfLess(x, 0f, 0f - nearest, nearest);
            T floor = T.IfLess(x, signed, signed - 1f, signed);
            return T.IfLess(magnitude, FirstWithoutFraction, floor, x);
        }

        /// <summary>The exponential, within 1 ulp.</summary>
        /// <returns>eˣ; 0 below −87.33, ∞ above 88.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Exp() => T.IfLess(LargestExponent, x, float.PositiveInfinity, VectorExponential.Exp(x));

        /// <summary>The power of two, within 2 ulp; exact where the exponent is an integer.</summary>
        /// <returns>2ˣ; 0 below −126, ∞ above 127.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Exp2()
        {
            T shifted = x + VectorExponential.RoundingShift;
            T power = VectorExponential.Power(shifted, (x - (shifted - VectorExponential.RoundingShift)) * LogarithmOfTwo);
            return T.IfLess(x, SmallestPower, 0f, T.IfLess(LargestPower, x, float.PositiveInfinity, power));
        }

        /// <summary>The logistic function, within 3 ulp, also far below 0.</summary>
        /// <returns>σ(x) = 1 / (1 + e⁻ˣ); 0 below −87.33.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Sigmoid()
        {
            T power = VectorExponential.Exp(0f - Abs(x));
            T half = 1f / (1f + power);
            return T.IfLess(x, 0f, power * half, half);
        }

        /// <summary>x·σ(argument), where x → −∞ has the limit 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal T Gated(T argument) => Max(x, SmallestGate) * Sigmoid(argument);

        /// <summary>The hyperbolic tangent, within 5 ulp, also next to 0; never beyond ±1.</summary>
        /// <remarks>
        /// x·P(x²)/Q(x²) with |x| limited to 9.02, both polynomials of degree 4 and without a negative coefficient, so that nothing cancels
        /// (minimax, relative error 2·10⁻⁸).
        /// </remarks>
        /// <returns>tanh x.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Tanh()
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
}
