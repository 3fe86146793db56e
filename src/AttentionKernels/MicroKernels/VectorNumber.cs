using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

/// <summary>A vector of numbers: formulas in the C# bodies of micro-kernels.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal readonly struct VectorNumber<TVector> : IScoreNumber<VectorNumber<TVector>>
    where TVector : struct, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorNumber(TVector vector) => Vector = vector;

    /// <summary>The vector.</summary>
    public TVector Vector { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator VectorNumber<TVector>(float value) => new(TVector.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> operator +(VectorNumber<TVector> left, VectorNumber<TVector> right) =>
        new(left.Vector + right.Vector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> operator -(VectorNumber<TVector> left, VectorNumber<TVector> right) =>
        new(left.Vector - right.Vector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> operator *(VectorNumber<TVector> left, VectorNumber<TVector> right) =>
        new(left.Vector * right.Vector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> operator /(VectorNumber<TVector> left, VectorNumber<TVector> right) =>
        new(left.Vector / right.Vector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> MultiplyAdd(
        VectorNumber<TVector> left, VectorNumber<TVector> right, VectorNumber<TVector> addend) =>
        new(TVector.MultiplyAdd(left.Vector, right.Vector, addend.Vector));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> IfLess(
        VectorNumber<TVector> left, VectorNumber<TVector> right,
        VectorNumber<TVector> then, VectorNumber<TVector> otherwise) =>
        new(TVector.UnlessBelow(left.Vector, right.Vector, otherwise.Vector, then.Vector));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorNumber<TVector> PowerOfTwo(VectorNumber<TVector> x) => new(TVector.PowerOfTwo(x.Vector));
}
