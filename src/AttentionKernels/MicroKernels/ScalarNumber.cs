using System.Runtime.CompilerServices;
using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>A single number: formulas in scalar kernels, on every device.</summary>
internal readonly struct ScalarNumber : IScoreNumber<ScalarNumber>
{
    public ScalarNumber(float value) => Value = value;

    /// <summary>The number.</summary>
    public float Value { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator ScalarNumber(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber operator +(ScalarNumber left, ScalarNumber right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber operator -(ScalarNumber left, ScalarNumber right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber operator *(ScalarNumber left, ScalarNumber right) => new(left.Value * right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber operator /(ScalarNumber left, ScalarNumber right) => new(left.Value / right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber MultiplyAdd(ScalarNumber left, ScalarNumber right, ScalarNumber addend) =>
        new(FusedMultiplyAdd.Fma(left.Value, right.Value, addend.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber IfLess(ScalarNumber left, ScalarNumber right, ScalarNumber then, ScalarNumber otherwise) =>
        new(Selection.IfLess(left.Value, right.Value, then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarNumber PowerOfTwo(ScalarNumber x) => new(Interop.IntAsFloat((Interop.FloatAsInt(x.Value) << 23) + 0x3F800000u));
}
