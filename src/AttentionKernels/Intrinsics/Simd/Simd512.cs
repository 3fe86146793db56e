using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics.Simd;

/// <summary>Vectors of 512 bits.</summary>
internal readonly struct Simd512 : ISimd<Vector512<float>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen<TElement>(ref TElement source, nint offset)
        where TElement : unmanaged, IElement<TElement>
    {
        if (typeof(TElement) == typeof(StoredFp32))
            return Load(ref Unsafe.As<TElement, float>(ref source), offset);
        Vector512<int> bits = LoadBits(ref Unsafe.Add(ref Unsafe.As<TElement, ushort>(ref source), offset));
        if (typeof(TElement) == typeof(StoredBf16))
            return (bits << 16).AsSingle();

        // The exponent's bias differs by 2¹¹², and subnormal numbers become normal by the same product; only infinity and NaN need help.
        Vector512<int> magnitude = bits & Vector512.Create(Fp16.Magnitude);
        Vector512<int> scaled = ((magnitude << Fp16.FractionShift).AsSingle() * Fp16.Rebias).AsInt32();
        Vector512<int> special = Vector512.GreaterThan(magnitude, Vector512.Create(Fp16.LargestFinite)) & Vector512.Create(Fp16.Infinity);
        return (scaled | special | ((bits ^ magnitude) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.FusedMultiplyAdd(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Larger(Vector512<float> candidate, Vector512<float> than) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(candidate, than), candidate, than);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> UnlessBelow(Vector512<float> x, Vector512<float> limit, Vector512<float> value, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.LessThan(x, limit), otherwise, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> x) =>
        (Vector512.ShiftLeft(x.AsInt32(), 23) + Vector512.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> vector) => Simd256.Sum(vector.GetLower() + vector.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> vector) => Simd256.Largest(Simd256.Larger(vector.GetLower(), vector.GetUpper()));

    // 16 unsigned numbers of 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadBits(ref ushort bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref bits))
            : Vector512.Create(Simd256.LoadBits(ref bits), Simd256.LoadBits(ref Unsafe.Add(ref bits, Simd256.Lanes)));
}
