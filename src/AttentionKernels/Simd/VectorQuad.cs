using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>Four vectors, held in registers.</summary>
internal readonly struct VectorQuad<TVector>
    where TVector : struct, IVector<TVector>
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
    public static VectorQuad<TVector> Load(ref float source) => new(
        TVector.Load(ref source, 0), TVector.Load(ref source, TVector.Lanes),
        TVector.Load(ref source, 2 * TVector.Lanes), TVector.Load(ref source, 3 * TVector.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target)
    {
        _first.Store(ref target, 0);
        _second.Store(ref target, TVector.Lanes);
        _third.Store(ref target, 2 * TVector.Lanes);
        _fourth.Store(ref target, 3 * TVector.Lanes);
    }

    /// <summary>This + factor · row, the factor the same for all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorQuad<TVector> MultiplyAdd(TVector factor, VectorQuad<TVector> row) => new(
        TVector.MultiplyAdd(factor, row._first, _first), TVector.MultiplyAdd(factor, row._second, _second),
        TVector.MultiplyAdd(factor, row._third, _third), TVector.MultiplyAdd(factor, row._fourth, _fourth));

    /// <summary>Stores the sums of the lanes of the first <paramref name="count"/> vectors, added to what is there where
    /// <paramref name="add"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreSums(ref float targets, int count, bool add)
    {
        Fp32x4 sums = TVector.Sums(_first, _second, _third, _fourth);
        if (count == Fp32x4.Lanes)
        {
            (add ? sums + Fp32x4.Load(ref targets, 0) : sums).Store(ref targets, 0);
            return;
        }

        for (int index = 0; index < count; index++)
            Unsafe.Add(ref targets, index) = add ? sums[index] + Unsafe.Add(ref targets, index) : sums[index];
    }
}
