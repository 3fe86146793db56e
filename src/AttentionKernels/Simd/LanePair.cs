using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>Two vectors side by side: a row of a panel, held in registers.</summary>
internal readonly struct LanePair<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
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
    public static int Length => 2 * TSimd.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanePair<TSimd, TVector> Load(ref float source, nint offset) =>
        new(TSimd.Load(ref source, offset), TSimd.Load(ref source, offset + TSimd.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target, nint offset)
    {
        TSimd.Store(_low, ref target, offset);
        TSimd.Store(_high, ref target, offset + TSimd.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LanePair<TSimd, TVector> Multiply(LanePair<TSimd, TVector> factor) =>
        new(TSimd.Multiply(_low, factor._low), TSimd.Multiply(_high, factor._high));

    /// <summary>This + factor · row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LanePair<TSimd, TVector> MultiplyAdd(float factor, LanePair<TSimd, TVector> row)
    {
        TVector factors = TSimd.Create(factor);
        return new(TSimd.MultiplyAdd(factors, row._low, _low), TSimd.MultiplyAdd(factors, row._high, _high));
    }
}
