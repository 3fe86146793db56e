using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;

namespace AttentionKernels.MicroKernels;

/// <summary>A sum of many terms that adds what an addition rounds away to the next term: the error does not grow with their
/// number.</summary>
/// <remarks>
/// Kahan, "Further remarks on reducing truncation errors", 1965, with Knuth's two-sum. It consists of additions alone, so no compiler can
/// contract it to something else.
/// </remarks>
internal struct CompensatedSum
{
    private float _sum;
    private float _error;

    /// <summary>The sum, rounded once.</summary>
    public readonly float Value => _sum + _error;

    /// <summary>The sum with what was rounded away; of an infinite sum that is no number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Join(float sum, float error) => MathF.Abs(sum) > float.MaxValue ? sum : sum + error;

    /// <summary>The same as OpenCL C: of the lanes of a vector and, named by it, of its error, and of what is left of the row.</summary>
    public static string OpenClJoin(string target, string sum, int lanes, string tail) => $$"""
        {
            float total, error;
            {{OpenClText.Sum("total", sum, lanes, "0.0f")}}
            {{OpenClText.Sum("error", $"{sum}Error", lanes, tail)}}
            {{target}} = fabs(total) > FLT_MAX ? total : total + error;
        }
        """;

    /// <summary>Multiplies the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Scale(float factor)
    {
        _sum *= factor;
        _error *= factor;
    }

    /// <summary>Adds a term.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float term)
    {
        float next = term + _error;
        float sum = _sum + next;
        float added = sum - _sum;
        float error = (_sum - (sum - added)) + (next - added);
        // What an infinite sum rounds away is no number.
        _error = MathF.Abs(sum) <= float.MaxValue ? error : 0f;
        _sum = sum;
    }
}
