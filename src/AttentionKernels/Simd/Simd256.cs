using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>Vectors of 256 bits.</summary>
internal readonly struct Simd256 : ISimd<Vector256<float>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nint offset) => Vector256.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadShorts(ref short source, nint offset) => LoadBits(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBytes(ref sbyte source, nint offset) => LoadBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadHalfBytes(ref byte source, nint offset) =>
        LoadHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

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
    public static Vector256<float> CreateBits(int bits) => Vector256.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ShiftLeft(Vector256<float> bits, int count) => (bits.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> And(Vector256<float> left, Vector256<float> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Or(Vector256<float> left, Vector256<float> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AtLeast(Vector256<float> x, Vector256<float> limit) => Vector256.GreaterThanOrEqual(x, limit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ConvertToSingle(Vector256<float> integers) => Vector256.ConvertToSingle(integers.AsInt32());

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
        Vector256<float> sums = PartSums(first, second, third, fourth);
        return sums.GetLower() + sums.GetUpper();
    }

    // The sums of the lanes of each half of four vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> PartSums(Vector256<float> first, Vector256<float> second, Vector256<float> third, Vector256<float> fourth)
    {
        if (!Avx.IsSupported)
        {
            return Vector256.Create(
                Simd128.Sums(first.GetLower(), second.GetLower(), third.GetLower(), fourth.GetLower()),
                Simd128.Sums(first.GetUpper(), second.GetUpper(), third.GetUpper(), fourth.GetUpper()));
        }

        Vector256<double> early = (Avx.UnpackLow(first, second) + Avx.UnpackHigh(first, second)).AsDouble();
        Vector256<double> late = (Avx.UnpackLow(third, fourth) + Avx.UnpackHigh(third, fourth)).AsDouble();
        return Avx.UnpackLow(early, late).AsSingle() + Avx.UnpackHigh(early, late).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> vector) => Simd128.Largest(Simd128.Larger(vector.GetLower(), vector.GetUpper()));

    // 8 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> LoadBits(ref short bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref bits))
            : Vector256.Create(Simd128.LoadBits(ref bits), Simd128.LoadBits(ref Unsafe.Add(ref bits, Simd128.Lanes)));

    // 8 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> LoadBytes(ref sbyte bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe())
            : Vector256.Create(Simd128.LoadBytes(ref bits), Simd128.LoadBytes(ref Unsafe.Add(ref bits, Simd128.Lanes)));

    // 8 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> LoadHalfBytes(ref byte bits)
    {
        Vector128<byte> spread = Spread(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(ref bits)).AsByte());
        return Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(spread)
            : Vector256.Create(Simd128.WidenLowest(spread.AsSByte()), Simd128.WidenLowest(Vector128.ShiftRightLogical(spread.AsUInt64(), 32).AsSByte()));
    }

    // The halves of 8 bytes, the lower one of each first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Spread(Vector128<byte> pairs)
    {
        Vector128<ushort> wide = Vector128.WidenLower(pairs);
        return ((wide | (wide << 4)) & Vector128.Create((ushort)0x0F0F)).AsByte();
    }
}
