using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>Vectors of 512 bits.</summary>
internal readonly struct Simd512 : ISimd<Vector512<float>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadShorts(ref short source, nint offset) => LoadBits(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBytes(ref sbyte source, nint offset) => LoadBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadHalfBytes(ref byte source, nint offset) =>
        LoadHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

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
    public static Vector512<float> CreateBits(int bits) => Vector512.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ShiftLeft(Vector512<float> bits, int count) => (bits.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> And(Vector512<float> left, Vector512<float> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Or(Vector512<float> left, Vector512<float> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AtLeast(Vector512<float> x, Vector512<float> limit) => Vector512.GreaterThanOrEqual(x, limit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ConvertToSingle(Vector512<float> integers) => Vector512.ConvertToSingle(integers.AsInt32());

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
            return Vector512.Create(Simd256.LoadHalfBytes(ref bits), Simd256.LoadHalfBytes(ref Unsafe.Add(ref bits, Simd256.Lanes / 2)));
        return Avx512F.ConvertToVector512Int32(Simd256.Spread(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe()));
    }
}
