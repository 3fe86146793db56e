using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>Four rows of a register tile, each a pair of vectors.</summary>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct RowQuad<TVector>(
    LanePair<TVector> first, LanePair<TVector> second, LanePair<TVector> third, LanePair<TVector> fourth)
    where TVector : struct, IVector<TVector>
{
    /// <summary>How many rows.</summary>
    public const int Rows = 4;

    private readonly LanePair<TVector> _first = first;
    private readonly LanePair<TVector> _second = second;
    private readonly LanePair<TVector> _third = third;
    private readonly LanePair<TVector> _fourth = fourth;

    /// <summary>Elements of the rows, which lie one behind the other in memory.</summary>
    public static int Length => Rows * LanePair<TVector>.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowQuad<TVector> Load(ref float source) => new(
        LanePair<TVector>.Load(ref source, 0), LanePair<TVector>.Load(ref source, LanePair<TVector>.Length),
        LanePair<TVector>.Load(ref source, 2 * LanePair<TVector>.Length), LanePair<TVector>.Load(ref source, 3 * LanePair<TVector>.Length));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target)
    {
        _first.Store(ref target, 0);
        _second.Store(ref target, LanePair<TVector>.Length);
        _third.Store(ref target, 2 * LanePair<TVector>.Length);
        _fourth.Store(ref target, 3 * LanePair<TVector>.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowQuad<TVector> Multiply(LanePair<TVector> factors) =>
        new(_first.Multiply(factors), _second.Multiply(factors), _third.Multiply(factors), _fourth.Multiply(factors));

    /// <summary>This + column · row, where the elements of the column lie a stride apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowQuad<TVector> MultiplyAdd(ref float column, nint stride, LanePair<TVector> row) => new(
        _first.MultiplyAdd(column, row), _second.MultiplyAdd(Unsafe.Add(ref column, stride), row),
        _third.MultiplyAdd(Unsafe.Add(ref column, 2 * stride), row), _fourth.MultiplyAdd(Unsafe.Add(ref column, 3 * stride), row));
}
