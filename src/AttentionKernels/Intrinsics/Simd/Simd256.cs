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
        Vector256<int> bits = LoadBits(ref Unsafe.Add(ref Unsafe.As<TElement, short>(ref source), offset));
        if (typeof(TElement) == typeof(StoredBf16))
            return (bits << 16).AsSingle();

        // The exponents' biases differ by 2¹¹², and subnormal numbers become normal by the same product; infinity and NaN come out as
        // 2¹⁶ and beyond, and need all bits of the exponent.
        Vector256<float> scaled = ((bits << Fp16.FractionShift) & Vector256.Create(Fp16.SignAndMagnitude)).AsSingle() * Fp16.Rebias;
        if (typeof(TElement) == typeof(FiniteFp16))
            return scaled;
        Vector256<float> special = Vector256.GreaterThanOrEqual(Vector256.Abs(scaled), Vector256.Create(Fp16.BeyondLargest)) & Vector256.Create(Fp16.Infinity).AsSingle();
        return scaled | special;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNonTemporal(Vector256<float> vector, ref float target, nint offset)
    {
        Simd128.StoreNonTemporal(vector.GetLower(), ref target, offset);
        Simd128.StoreNonTemporal(vector.GetUpper(), ref target, offset + (Lanes / 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadPairs(ref float first, ref float second, nint offset) =>
        Vector256.Shuffle(
            Vector256.Create(Vector128.LoadUnsafe(ref first, (nuint)offset), Vector128.LoadUnsafe(ref second, (nuint)offset)),
            Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EvenTwice(Vector256<float> vector) => Vector256.Shuffle(vector, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> OddTwice(Vector256<float> vector) => Vector256.Shuffle(vector, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));

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
    public static Vector128<float> Sums(Vector256<float> first, Vector256<float> second, Vector256<float> third, Vector256<float> fourth)
    {
        if (!Avx.IsSupported)
        {
            return Simd128.Sums(
                first.GetLower() + first.GetUpper(), second.GetLower() + second.GetUpper(),
                third.GetLower() + third.GetUpper(), fourth.GetLower() + fourth.GetUpper());
        }

        Vector256<double> early = (Avx.UnpackLow(first, second) + Avx.UnpackHigh(first, second)).AsDouble();
        Vector256<double> late = (Avx.UnpackLow(third, fourth) + Avx.UnpackHigh(third, fourth)).AsDouble();
        Vector256<float> sums = Avx.UnpackLow(early, late).AsSingle() + Avx.UnpackHigh(early, late).AsSingle();
        return sums.GetLower() + sums.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> vector) => Simd128.Largest(Simd128.Larger(vector.GetLower(), vector.GetUpper()));

    // 8 unsigned numbers of 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> LoadBits(ref short bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref bits))
            : Vector256.Create(Simd128.LoadBits(ref bits), Simd128.LoadBits(ref Unsafe.Add(ref bits, Simd128.Lanes)));
}
