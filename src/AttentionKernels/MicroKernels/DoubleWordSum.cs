using System.Runtime.CompilerServices;

namespace AttentionKernels.MicroKernels;

/// <summary>A sum in about twice the precision of fp32, as the unevaluated sum of two numbers: right to its last bits even where the terms
/// cancel.</summary>
/// <remarks>
/// What each addition rounds away is summed itself: Ogita, Rump and Oishi, "Accurate sum and dot product", 2005. Unlike
/// <see cref="CompensatedSum"/> it never rounds a term. It consists of additions alone, so no compiler can contract it to something else.
/// </remarks>
internal struct DoubleWordSum
{
    /// <summary>Terms between two calls of <see cref="Carry"/>.</summary>
    public const int Chunk = 16;

    /// <summary>The sum, but for what additions rounded away.</summary>
    public float High;

    /// <summary>What they rounded away.</summary>
    public float Low;

    /// <summary>The sum, rounded once; NaN where a term or a sum is infinite.</summary>
    public readonly float Value => High + Low;

    /// <summary>Adds a term.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float term)
    {
        float sum = High + term;
        float added = sum - High;
        Low += (High - (sum - added)) + (term - added);
        High = sum;
    }

    /// <summary>Brings what was rounded away into the sum, as far as it has bits for it: the rest stays small, however many terms there
    /// are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Carry()
    {
        float low = Low;
        Low = 0f;
        Add(low);
    }
}
