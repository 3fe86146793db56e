using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Formats;

namespace AttentionKernels.Simd;

/// <summary>Vectors of 512 bits.</summary>
internal readonly struct Simd512 : ISimd<Vector512<float>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen<TFormat>(ref TFormat source, nint offset)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        if (typeof(TFormat) == typeof(StoredFp32))
            return Load(ref Unsafe.As<TFormat, float>(ref source), offset);
        if (typeof(TFormat) == typeof(StoredInt8))
            return Vector512.ConvertToSingle(LoadBytes(ref Unsafe.Add(ref Unsafe.As<TFormat, sbyte>(ref source), offset)));
        if (typeof(TFormat) == typeof(StoredInt4))
            return Vector512.ConvertToSingle(LoadHalfBytes(ref Unsafe.Add(ref Unsafe.As<TFormat, byte>(ref source), offset / StoredInt4.PerUnit)) - Vector512.Create(StoredInt4.Bias));
        if (typeof(TFormat) == typeof(StoredFp8E4M3) || typeof(TFormat) == typeof(FiniteFp8E4M3))
            return WidenFp8E4M3(LoadBytes(ref Unsafe.Add(ref Unsafe.As<TFormat, sbyte>(ref source), offset)), typeof(TFormat) == typeof(FiniteFp8E4M3));
        if (typeof(TFormat) == typeof(StoredFp8E5M2) || typeof(TFormat) == typeof(FiniteFp8E5M2))
            return WidenFp8E5M2(LoadBytes(ref Unsafe.Add(ref Unsafe.As<TFormat, sbyte>(ref source), offset)), typeof(TFormat) == typeof(FiniteFp8E5M2));
        Vector512<int> bits = LoadBits(ref Unsafe.Add(ref Unsafe.As<TFormat, short>(ref source), offset));
        if (typeof(TFormat) == typeof(StoredBf16))
            return (bits << 16).AsSingle();

        // The exponents' biases differ by 2¹¹², and subnormal numbers become normal by the same product; infinity and NaN come out as
        // 2¹⁶ and beyond, and need all bits of the exponent.
        Vector512<float> scaled = ((bits << Fp16.FractionShift) & Vector512.Create(Fp16.SignAndMagnitude)).AsSingle() * Fp16.Rebias;
        if (typeof(TFormat) == typeof(FiniteFp16))
            return scaled;
        Vector512<float> special = Vector512.GreaterThanOrEqual(Vector512.Abs(scaled), Vector512.Create(Fp16.BeyondLargest)) & Vector512.Create(Fp16.Infinity).AsSingle();
        return scaled | special;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNonTemporal(Vector512<float> vector, ref float target, nint offset)
    {
        Simd256.StoreNonTemporal(vector.GetLower(), ref target, offset);
        Simd256.StoreNonTemporal(vector.GetUpper(), ref target, offset + (Lanes / 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadPairs(ref float first, ref float second, nint offset) =>
        Vector512.Shuffle(
            Vector512.Create(Vector256.LoadUnsafe(ref first, (nuint)offset), Vector256.LoadUnsafe(ref second, (nuint)offset)),
            Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> EvenTwice(Vector512<float> vector) => Vector512.Shuffle(vector, Vector512.Create(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> OddTwice(Vector512<float> vector) => Vector512.Shuffle(vector, Vector512.Create(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15));

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
    public static Vector128<float> Sums(Vector512<float> first, Vector512<float> second, Vector512<float> third, Vector512<float> fourth)
    {
        if (!Avx512F.IsSupported)
        {
            // In the order of the instructions below, so that a width gives the same bits on every processor.
            Vector256<float> parts = Simd256.PartSums(first.GetLower(), second.GetLower(), third.GetLower(), fourth.GetLower())
                + Simd256.PartSums(first.GetUpper(), second.GetUpper(), third.GetUpper(), fourth.GetUpper());
            return parts.GetLower() + parts.GetUpper();
        }

        // Within 128 bits, sums of two become sums of four; then the four parts are added.
        Vector512<double> early = (Avx512F.UnpackLow(first, second) + Avx512F.UnpackHigh(first, second)).AsDouble();
        Vector512<double> late = (Avx512F.UnpackLow(third, fourth) + Avx512F.UnpackHigh(third, fourth)).AsDouble();
        Vector512<float> sums = Avx512F.UnpackLow(early, late).AsSingle() + Avx512F.UnpackHigh(early, late).AsSingle();
        Vector256<float> halves = sums.GetLower() + sums.GetUpper();
        return halves.GetLower() + halves.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> vector) => Simd256.Largest(Simd256.Larger(vector.GetLower(), vector.GetUpper()));

    // 16 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadBits(ref short bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref bits))
            : Vector512.Create(Simd256.LoadBits(ref bits), Simd256.LoadBits(ref Unsafe.Add(ref bits, Simd256.Lanes)));

    // 16 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadBytes(ref sbyte bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref bits))
            : Vector512.Create(Simd256.LoadBytes(ref bits), Simd256.LoadBytes(ref Unsafe.Add(ref bits, Simd256.Lanes)));

    // 16 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadHalfBytes(ref byte bits)
    {
        if (!Avx512F.IsSupported)
            return Vector512.Create(Simd256.LoadHalfBytes(ref bits), Simd256.LoadHalfBytes(ref Unsafe.Add(ref bits, Simd256.Lanes / StoredInt4.PerUnit)));
        return Avx512F.ConvertToVector512Int32(Simd256.Spread(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe()));
    }

    // As fp16 above: the exponent's bias is made up for by a product, and what is no finite number gets all bits of the exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WidenFp8E4M3(Vector512<int> bits, bool areFinite)
    {
        Vector512<float> scaled = ((bits << Fp8Vector.E4M3Shift) & Vector512.Create(Fp8Vector.E4M3SignAndMagnitude)).AsSingle() * Fp8Vector.E4M3Rebias;
        if (areFinite)
            return scaled;
        Vector512<int> isNaN = Vector512.Equals(bits & Vector512.Create(Fp8Vector.Magnitude), Vector512.Create(Fp8Vector.Magnitude));
        return scaled | (isNaN & Vector512.Create(Fp8Vector.QuietNaN)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WidenFp8E5M2(Vector512<int> bits, bool areFinite)
    {
        Vector512<float> scaled = ((bits << Fp8Vector.E5M2Shift) & Vector512.Create(Fp8Vector.E5M2SignAndMagnitude)).AsSingle() * Fp16.Rebias;
        if (areFinite)
            return scaled;
        Vector512<int> isSpecial = Vector512.GreaterThanOrEqual(bits & Vector512.Create(Fp8Vector.Magnitude), Vector512.Create(Fp8Vector.E5M2Infinity));
        return scaled | (isSpecial & Vector512.Create(Fp16.Infinity)).AsSingle();
    }
}
