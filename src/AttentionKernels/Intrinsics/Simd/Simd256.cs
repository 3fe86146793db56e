using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics.Simd;

/// <summary>Vectors of 256 bits.</summary>
internal readonly struct Simd256 : ISimd<Vector256<float>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nint offset) => Vector256.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen<TElement>(ref TElement source, nint offset)
        where TElement : unmanaged, IElement<TElement>
    {
        if (typeof(TElement) == typeof(StoredFp32))
            return Load(ref Unsafe.As<TElement, float>(ref source), offset);
        Vector256<int> bits = LoadBits(ref Unsafe.Add(ref Unsafe.As<TElement, ushort>(ref source), offset));
        if (typeof(TElement) == typeof(StoredBf16))
            return (bits << 16).AsSingle();

        // The exponent's bias differs by 2¹¹², and subnormal numbers become normal by the same product; only infinity and NaN need help.
        Vector256<int> magnitude = bits & Vector256.Create(Fp16.Magnitude);
        Vector256<int> scaled = ((magnitude << Fp16.FractionShift).AsSingle() * Fp16.Rebias).AsInt32();
        Vector256<int> special = Vector256.GreaterThan(magnitude, Vector256.Create(Fp16.LargestFinite)) & Vector256.Create(Fp16.Infinity);
        return (scaled | special | ((bits ^ magnitude) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.FusedMultiplyAdd(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Larger(Vector256<float> candidate, Vector256<float> than) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(candidate, than), candidate, than);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> UnlessBelow(Vector256<float> x, Vector256<float> limit, Vector256<float> value, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.LessThan(x, limit), otherwise, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> x) =>
        (Vector256.ShiftLeft(x.AsInt32(), 23) + Vector256.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> vector) => Simd128.Sum(vector.GetLower() + vector.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> vector) => Simd128.Largest(Simd128.Larger(vector.GetLower(), vector.GetUpper()));

    // 8 unsigned numbers of 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> LoadBits(ref ushort bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref bits))
            : Vector256.Create(Simd128.LoadBits(ref bits), Simd128.LoadBits(ref Unsafe.Add(ref bits, Simd128.Lanes)));
}
