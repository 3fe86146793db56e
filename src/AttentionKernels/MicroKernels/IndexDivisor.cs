using System.Numerics;

namespace AttentionKernels.MicroKernels;

/// <summary>A divisor of indices of 31 bits, and the product and the shift that divide by it: a GPU has no division.</summary>
/// <remarks>
/// Granlund and Montgomery, "Division by invariant integers using multiplication", 1994: with l = ⌈log₂ d⌉ and m = ⌊2^(31 + l) / d⌋ + 1,
/// which has 32 bits, ⌊n / d⌋ = ⌊n·m / 2^(31 + l)⌋ for each n below 2³¹.
/// </remarks>
/// <param name="divisor">At least 1.</param>
internal readonly struct IndexDivisor(int divisor)
{
    private readonly int _divisor = divisor;
    private readonly uint _factor = (uint)((1UL << Shift(divisor)) / (uint)divisor) + 1;
    private readonly int _shift = Shift(divisor);

    /// <summary>The quotient of an index of at least 0, rounded down.</summary>
    public int Quotient(int index) => (int)(((ulong)(uint)index * _factor) >> _shift);

    /// <summary>What is left of it.</summary>
    public int Remainder(int index) => index - (Quotient(index) * _divisor);

    /// <summary>How many indices from one on have its quotient.</summary>
    public int RunLength(int index) => _divisor - Remainder(index);

    private static int Shift(int divisor) => 31 + BitOperations.Log2((uint)divisor - 1) + (divisor > 1 ? 1 : 0);
}
