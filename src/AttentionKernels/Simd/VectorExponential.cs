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

    /// <summary>eˣ in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        TVector one = TVector.Create(1f);
        TVector shift = TVector.Create(RoundingShift);
        TVector shifted = TVector.MultiplyAdd(x, TVector.Create(InverseLogarithmOfTwo), shift);
        TVector n = shifted - shift;
        TVector r = TVector.MultiplyAdd(n, TVector.Create(-LogarithmOfTwoHigh), x);
        r = TVector.MultiplyAdd(n, TVector.Create(-LogarithmOfTwoLow), r);
        TVector polynomial = TVector.MultiplyAdd(TVector.Create(C6), r, TVector.Create(C5));
        polynomial = TVector.MultiplyAdd(polynomial, r, TVector.Create(C4));
        polynomial = TVector.MultiplyAdd(polynomial, r, TVector.Create(C3));
        polynomial = TVector.MultiplyAdd(polynomial, r, TVector.Create(C2));
        polynomial = TVector.MultiplyAdd(polynomial, r, one);
        polynomial = TVector.MultiplyAdd(polynomial, r, one);
        TVector power = polynomial * TVector.PowerOfTwo(shifted);
        return TVector.UnlessBelow(x, TVector.Create(Smallest), power, TVector.Create(0f));
    }

    /// <summary>The same as OpenCL C: a block that assigns to <paramref name="result"/>.</summary>
    public static string OpenCl(int lanes, string x, string result)
    {
        string vector = $"float{lanes}";
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
                p *= as_float{{lanes}}((as_int{{lanes}}(shifted) << 23) + 0x3F800000);
                {{result}} = select(p, ({{vector}})0.0f, x < {{OpenClText.Literal(Smallest)}});
            }
            """;
    }
}
