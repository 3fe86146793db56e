using System.Globalization;
using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;

namespace AttentionKernels.Simd;

/// <summary>
/// eˣ within 1 ulp for x from −87.33 to 88, 0 below, so also for −∞; NaN stays NaN.
/// </summary>
/// <remarks>
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2 (ln 2 in two parts, after Cody and Waite), eˣ = 2ⁿ·eʳ, and eʳ a polynomial of degree 6 whose
/// relative error is 3·10⁻⁹ (minimax, 1 and r exact). The OpenCL form does the same steps in the same order.
/// </remarks>
internal static class VectorExponential
{
    /// <summary>log₂ e.</summary>
    public const float InverseLogarithmOfTwo = 1.44269504f;

    /// <summary>1.5·2²³: added to a small number, it leaves that number's nearest integer in the lowest bits.</summary>
    public const float RoundingShift = 12582912f;

    /// <summary>ln 2, its leading bits; a product with a small integer is exact.</summary>
    public const float LogarithmOfTwoHigh = 0.693359375f;

    /// <summary>ln 2, the rest.</summary>
    public const float LogarithmOfTwoLow = -2.12194440e-4f;

    /// <summary>Below it eˣ is not a normal number, and taken for 0.</summary>
    public const float Smallest = -87.33654f;

    /// <summary>The polynomial's coefficients of r², r³, r⁴, r⁵ and r⁶.</summary>
    public const float C2 = 0.49999994f, C3 = 0.166665211f, C4 = 0.041668389f, C5 = 0.00836872403f, C6 = 0.00138145837f;

    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number.</param>
    extension<T>(T x)
        where T : struct, IScoreNumber<T>
    {
        /// <summary>eˣ.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Exp()
        {
            T shifted = T.MultiplyAdd(x, InverseLogarithmOfTwo, RoundingShift);
            T n = shifted - RoundingShift;
            T r = T.MultiplyAdd(n, -LogarithmOfTwoHigh, x);
            return T.IfLess(x, Smallest, 0f, Power(shifted, T.MultiplyAdd(n, -LogarithmOfTwoLow, r)));
        }

        /// <summary>2ⁿ·eʳ, where x = 1.5·2²³ + n and |r| ≤ ln 2 / 2.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Power(T r)
        {
            T polynomial = T.MultiplyAdd(C6, r, C5);
            polynomial = T.MultiplyAdd(polynomial, r, C4);
            polynomial = T.MultiplyAdd(polynomial, r, C3);
            polynomial = T.MultiplyAdd(polynomial, r, C2);
            polynomial = T.MultiplyAdd(polynomial, r, 1f);
            polynomial = T.MultiplyAdd(polynomial, r, 1f);
            return polynomial * T.PowerOfTwo(x);
        }
    }

    /// <summary>The same as OpenCL C: a block that assigns to <paramref name="result"/>, a number where there is one lane.</summary>
    public static string OpenCl(int lanes, string x, string result)
    {
        string width = lanes == 1 ? "" : lanes.ToString(CultureInfo.InvariantCulture);
        string vector = $"float{width}";
        string Of(float constant) => $"({vector}){OpenClText.Literal(constant)}";
        return $$"""
            {
                const {{vector}} x = {{x}};
                const {{vector}} shifted = fma(x, {{Of(InverseLogarithmOfTwo)}}, {{Of(RoundingShift)}});
                const {{vector}} n = shifted - {{OpenClText.Literal(RoundingShift)}};
                {{vector}} r = fma(n, {{Of(-LogarithmOfTwoHigh)}}, x);
                r = fma(n, {{Of(-LogarithmOfTwoLow)}}, r);
                {{vector}} p = fma({{Of(C6)}}, r, {{Of(C5)}});
                p = fma(p, r, {{Of(C4)}});
                p = fma(p, r, {{Of(C3)}});
                p = fma(p, r, {{Of(C2)}});
                p = fma(p, r, ({{vector}})1.0f);
                p = fma(p, r, ({{vector}})1.0f);
                p *= as_float{{width}}((as_int{{width}}(shifted) << 23) + 0x3F800000);
                {{result}} = select(p, ({{vector}})0.0f, x < {{OpenClText.Literal(Smallest)}});
            }
            """;
    }
}
