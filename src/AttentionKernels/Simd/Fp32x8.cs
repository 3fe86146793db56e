using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>8 lanes, 256 bits: AVX2.</summary>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct Fp32x8(Vector256<float> lanes) : IVector<Fp32x8>
{
    private readonly Vector256<float> _lanes = lanes;

    public static int Lanes => 8;

    public static int BlockRows => 4;

    /// <summary>The first half of the lanes.</summary>
    public Fp32x4 Lower => _lanes.GetLower();

    /// <summary>The other half.</summary>
    public Fp32x4 Upper => _lanes.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x8(Vector256<float> lanes) => new(lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator +(Fp32x8 left, Fp32x8 right) => left._lanes + right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator -(Fp32x8 left, Fp32x8 right) => left._lanes - right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator *(Fp32x8 left, Fp32x8 right) => left._lanes * right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator /(Fp32x8 left, Fp32x8 right) => left._lanes / right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator &(Fp32x8 left, Fp32x8 right) => left._lanes & right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 operator |(Fp32x8 left, Fp32x8 right) => left._lanes | right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 Load(ref float source, nint offset) => Vector256.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 LoadShorts(ref short source, nint offset) => WidenShorts(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 LoadBytes(ref sbyte source, nint offset) => WidenBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 LoadHalfBytes(ref byte source, nint offset) =>
        WidenHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 LoadPairs(ref float first, ref float second, nint offset) => Vector256.Shuffle(
        Vector256.Create(Vector128.LoadUnsafe(ref first, (nuint)offset), Vector128.LoadUnsafe(ref second, (nuint)offset)),
        Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 EvenTwice(Fp32x8 vector) => Vector256.Shuffle(vector._lanes, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 OddTwice(Fp32x8 vector) => Vector256.Shuffle(vector._lanes, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x8(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 CreateBits(int bits) => Vector256.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 ShiftLeft(Fp32x8 bits, int count) => (bits._lanes.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 AtLeast(Fp32x8 x, Fp32x8 limit) => Vector256.GreaterThanOrEqual(x._lanes, limit._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 ConvertToSingle(Fp32x8 integers) => Vector256.ConvertToSingle(integers._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 MultiplyAdd(Fp32x8 left, Fp32x8 right, Fp32x8 addend) =>
        Vector256.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 Larger(Fp32x8 candidate, Fp32x8 than) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(candidate._lanes, than._lanes), candidate._lanes, than._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 IfLess(Fp32x8 left, Fp32x8 right, Fp32x8 then, Fp32x8 otherwise) =>
        Vector256.ConditionalSelect(Vector256.LessThan(left._lanes, right._lanes), then._lanes, otherwise._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x8 PowerOfTwo(Fp32x8 x) =>
        (Vector256.ShiftLeft(x._lanes.AsInt32(), 23) + Vector256.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Fp32x8 vector) => Fp32x4.Sum(vector.Lower + vector.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Sums(Fp32x8 first, Fp32x8 second, Fp32x8 third, Fp32x8 fourth)
    {
        Fp32x8 sums = PartSums(first, second, third, fourth);
        return sums.Lower + sums.Upper;
    }

    // The sums of the lanes of each half of four vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Fp32x8 PartSums(Fp32x8 first, Fp32x8 second, Fp32x8 third, Fp32x8 fourth)
    {
        if (!Avx.IsSupported)
        {
            return Vector256.Create(
                Fp32x4.Sums(first.Lower, second.Lower, third.Lower, fourth.Lower).AsVector128(),
                Fp32x4.Sums(first.Upper, second.Upper, third.Upper, fourth.Upper).AsVector128());
        }

        Vector256<double> early = (Avx.UnpackLow(first._lanes, second._lanes) + Avx.UnpackHigh(first._lanes, second._lanes)).AsDouble();
        Vector256<double> late = (Avx.UnpackLow(third._lanes, fourth._lanes) + Avx.UnpackHigh(third._lanes, fourth._lanes)).AsDouble();
        return Avx.UnpackLow(early, late).AsSingle() + Avx.UnpackHigh(early, late).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Fp32x8 vector) => Fp32x4.Largest(Fp32x4.Larger(vector.Lower, vector.Upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target, nint offset) => _lanes.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreNonTemporal(ref float target, nint offset)
    {
        Lower.StoreNonTemporal(ref target, offset);
        Upper.StoreNonTemporal(ref target, offset + (Lanes / 2));
    }

    // 8 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> WidenShorts(ref short bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref bits))
            : Vector256.Create(Fp32x4.WidenShorts(ref bits), Fp32x4.WidenShorts(ref Unsafe.Add(ref bits, Fp32x4.Lanes)));

    // 8 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> WidenBytes(ref sbyte bits) => Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe())
            : Vector256.Create(Fp32x4.WidenBytes(ref bits), Fp32x4.WidenBytes(ref Unsafe.Add(ref bits, Fp32x4.Lanes)));

    // 8 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> WidenHalfBytes(ref byte bits)
    {
        Vector128<byte> spread = Spread(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(ref bits)).AsByte());
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int32(spread);
        Vector128<sbyte> last = Vector128.ShiftRightLogical(spread.AsUInt64(), 32).AsSByte();
        return Vector256.Create(Fp32x4.WidenLowest(spread.AsSByte()), Fp32x4.WidenLowest(last));
    }

    // The halves of 8 bytes, the lower one of each first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Spread(Vector128<byte> pairs)
    {
        Vector128<ushort> wide = Vector128.WidenLower(pairs);
        return ((wide | (wide << 4)) & Vector128.Create((ushort)0x0F0F)).AsByte();
    }
}
