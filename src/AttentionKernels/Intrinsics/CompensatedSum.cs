using System.Runtime.CompilerServices;

namespace AttentionKernels.Intrinsics;

/// <summary>A sum of many terms that keeps what each addition rounds away: the error does not grow with their number.</summary>
/// <remarks>
/// Knuth's two-sum, as in Ogita, Rump and Oishi, "Accurate sum and dot product", 2005. It consists of additions alone, so no compiler can
/// contract it to something else.
/// </remarks>
internal struct CompensatedSum
{
    private float _sum;
    private float _error;

    /// <summary>The sum, rounded once.</summary>
    public readonly float Value => Join(_sum, _error);

    /// <summary>The sum with what was rounded away; of an infinite sum that is no number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Join(float sum, float error) => MathF.Abs(sum) > float.MaxValue ? sum : sum + error;

    /// <summary>Adds a term.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float term)
    {
        float sum = _sum + term;
        float added = sum - _sum;
        _error += (_sum - (sum - added)) + (term - added);
        _sum = sum;
    }
}
