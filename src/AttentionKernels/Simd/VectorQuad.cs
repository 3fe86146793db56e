using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionKernels.Simd;

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

    /// <summary>Stores the sums of the lanes of the first <paramref name="count"/> vectors, added to what is there where
    /// <paramref name="add"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreSums(ref float targets, int count, bool add)
    {
        Vector128<float> sums = TSimd.Sums(_first, _second, _third, _fourth);
        if (count == Vector128<float>.Count)
        {
            (add ? sums + Vector128.LoadUnsafe(ref targets) : sums).StoreUnsafe(ref targets);
            return;
        }

        for (int index = 0; index < count; index++)
            Unsafe.Add(ref targets, index) = add ? sums[index] + Unsafe.Add(ref targets, index) : sums[index];
    }
}
