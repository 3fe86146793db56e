using System.Runtime.CompilerServices;
using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics.Simd;

/// <summary>Four vectors, held in registers.</summary>
internal readonly struct VectorQuad<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private readonly TVector _first;
    private readonly TVector _second;
    private readonly TVector _third;
    private readonly TVector _fourth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorQuad(TVector first, TVector second, TVector third, TVector fourth)
    {
        _first = first;
        _second = second;
        _third = third;
        _fourth = fourth;
    }

    /// <summary>Four vectors one behind the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<TSimd, TVector> Load(ref float source) => new(
        TSimd.Load(ref source, 0), TSimd.Load(ref source, TSimd.Lanes), TSimd.Load(ref source, 2 * TSimd.Lanes), TSimd.Load(ref source, 3 * TSimd.Lanes));

    /// <summary>Four vectors one behind the other, as fp32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<TSimd, TVector> Widen<TElement>(ref TElement source)
        where TElement : unmanaged, IElement<TElement> => new(
        TSimd.Widen(ref source, 0), TSimd.Widen(ref source, TSimd.Lanes), TSimd.Widen(ref source, 2 * TSimd.Lanes), TSimd.Widen(ref source, 3 * TSimd.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target)
    {
        TSimd.Store(_first, ref target, 0);
        TSimd.Store(_second, ref target, TSimd.Lanes);
        TSimd.Store(_third, ref target, 2 * TSimd.Lanes);
        TSimd.Store(_fourth, ref target, 3 * TSimd.Lanes);
    }

    /// <summary>This + factor · row, the factor the same for all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorQuad<TSimd, TVector> MultiplyAdd(TVector factor, VectorQuad<TSimd, TVector> row) => new(
        TSimd.MultiplyAdd(factor, row._first, _first), TSimd.MultiplyAdd(factor, row._second, _second),
        TSimd.MultiplyAdd(factor, row._third, _third), TSimd.MultiplyAdd(factor, row._fourth, _fourth));

    /// <summary>Adds to each of up to four targets the sum of the lanes of its vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSums(ref float targets, int count)
    {
        targets += TSimd.Sum(_first);
        if (count > 1)
            Unsafe.Add(ref targets, 1) += TSimd.Sum(_second);
        if (count > 2)
            Unsafe.Add(ref targets, 2) += TSimd.Sum(_third);
        if (count > 3)
            Unsafe.Add(ref targets, 3) += TSimd.Sum(_fourth);
    }
}
