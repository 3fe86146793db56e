using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>Two vectors side by side: a row of a panel, held in registers.</summary>
internal readonly struct LanePair<TVector>
    where TVector : struct, IVector<TVector>
{
    private readonly TVector _low;
    private readonly TVector _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private LanePair(TVector low, TVector high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Elements of a pair.</summary>
    public static int Length => 2 * TVector.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanePair<TVector> Load(ref float source, nint offset) =>
        new(TVector.Load(ref source, offset), TVector.Load(ref source, offset + TVector.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target, nint offset)
    {
        _low.Store(ref target, offset);
        _high.Store(ref target, offset + TVector.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LanePair<TVector> Multiply(LanePair<TVector> factor) =>
        new(_low * factor._low, _high * factor._high);

    /// <summary>This + factor · row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LanePair<TVector> MultiplyAdd(float factor, LanePair<TVector> row)
    {
        TVector factors = TVector.Create(factor);
        return new(TVector.MultiplyAdd(factors, row._low, _low), TVector.MultiplyAdd(factors, row._high, _high));
    }
}
