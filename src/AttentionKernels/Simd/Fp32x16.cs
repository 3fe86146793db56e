using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>16 lanes, 512 bits: AVX-512, with 32 registers.</summary>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct Fp32x16(Vector512<float> lanes) : IVector<Fp32x16>
{
    private readonly Vector512<float> _lanes = lanes;

    public static int Lanes => 16;

    public static int BlockRows => 8;

    /// <summary>The first half of the lanes.</summary>
    public Fp32x8 Lower => _lanes.GetLower();

    /// <summary>The other half.</summary>
    public Fp32x8 Upper => _lanes.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x16(Vector512<float> lanes) => new(lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator +(Fp32x16 left, Fp32x16 right) => left._lanes + right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator -(Fp32x16 left, Fp32x16 right) => left._lanes - right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator *(Fp32x16 left, Fp32x16 right) => left._lanes * right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator /(Fp32x16 left, Fp32x16 right) => left._lanes / right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator &(Fp32x16 left, Fp32x16 right) => left._lanes & right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 operator |(Fp32x16 left, Fp32x16 right) => left._lanes | right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 Load(ref float source, nint offset) => Vector512.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 LoadShorts(ref short source, nint offset) => WidenShorts(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 LoadBytes(ref sbyte source, nint offset) => WidenBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 LoadHalfBytes(ref byte source, nint offset) =>
        WidenHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 LoadPairs(ref float first, ref float second, nint offset)
    {
        Vector512<float> early = Vector256.LoadUnsafe(ref first, (nuint)offset).ToVector512Unsafe();
        Vector256<float> late = Vector256.LoadUnsafe(ref second, (nuint)offset);
        return Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32x2(
                early, Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), late.ToVector512Unsafe())
            : Vector512.Shuffle(early.WithUpper(late), Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 EvenTwice(Fp32x16 vector) =>
        Vector512.Shuffle(vector._lanes, Vector512.Create(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 OddTwice(Fp32x16 vector) =>
        Vector512.Shuffle(vector._lanes, Vector512.Create(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x16(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 CreateBits(int bits) => Vector512.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 ShiftLeft(Fp32x16 bits, int count) => (bits._lanes.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 AtLeast(Fp32x16 x, Fp32x16 limit) => Vector512.GreaterThanOrEqual(x._lanes, limit._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 ConvertToSingle(Fp32x16 integers) => Vector512.ConvertToSingle(integers._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 MultiplyAdd(Fp32x16 left, Fp32x16 right, Fp32x16 addend) =>
        Vector512.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 Larger(Fp32x16 candidate, Fp32x16 than) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(candidate._lanes, than._lanes), candidate._lanes, than._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 IfLess(Fp32x16 left, Fp32x16 right, Fp32x16 then, Fp32x16 otherwise) =>
        Vector512.ConditionalSelect(Vector512.LessThan(left._lanes, right._lanes), then._lanes, otherwise._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x16 PowerOfTwo(Fp32x16 x) =>
        (Vector512.ShiftLeft(x._lanes.AsInt32(), 23) + Vector512.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Fp32x16 vector) => Fp32x8.Sum(vector.Lower + vector.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Sums(Fp32x16 first, Fp32x16 second, Fp32x16 third, Fp32x16 fourth)
    {
        if (!Avx512F.IsSupported)
        {
            // In the order of the instructions below, so that a width gives the same bits on every processor.
            Fp32x8 parts = Fp32x8.PartSums(first.Lower, second.Lower, third.Lower, fourth.Lower)
                + Fp32x8.PartSums(first.Upper, second.Upper, third.Upper, fourth.Upper);
            return parts.Lower + parts.Upper;
        }

        // Within 128 bits, sums of two become sums of four; then the four parts are added.
        Vector512<double> early = AddPairs(first._lanes, second._lanes), late = AddPairs(third._lanes, fourth._lanes);
        Fp32x16 sums = Avx512F.UnpackLow(early, late).AsSingle() + Avx512F.UnpackHigh(early, late).AsSingle();
        Fp32x8 halves = sums.Lower + sums.Upper;
        return halves.Lower + halves.Upper;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Fp32x16 vector) => Fp32x8.Largest(Fp32x8.Larger(vector.Lower, vector.Upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target, nint offset) => _lanes.StoreUnsafe(ref target, (nuint)offset);

    // A whole cache line goes to memory at once; of parts the processor has to wait for the others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void StoreNonTemporal(ref float target, nint offset)
    {
        float* place = (float*)Unsafe.AsPointer(ref Unsafe.Add(ref target, offset));
        if (((nint)place & 63) == 0)
        {
            _lanes.StoreAlignedNonTemporal(place);
            return;
        }

        Lower.StoreNonTemporal(ref target, offset);
        Upper.StoreNonTemporal(ref target, offset + (Lanes / 2));
    }

    // Within 128 bits, sums of two lanes of each, side by side.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> AddPairs(Vector512<float> left, Vector512<float> right) =>
        (Avx512F.UnpackLow(left, right) + Avx512F.UnpackHigh(left, right)).AsDouble();

    // 16 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WidenShorts(ref short bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref bits))
            : Vector512.Create(Fp32x8.WidenShorts(ref bits), Fp32x8.WidenShorts(ref Unsafe.Add(ref bits, Fp32x8.Lanes)));

    // 16 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WidenBytes(ref sbyte bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref bits))
            : Vector512.Create(Fp32x8.WidenBytes(ref bits), Fp32x8.WidenBytes(ref Unsafe.Add(ref bits, Fp32x8.Lanes)));

    // 16 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WidenHalfBytes(ref byte bits) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Fp32x8.Spread(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe()))
            : Vector512.Create(Fp32x8.WidenHalfBytes(ref bits), Fp32x8.WidenHalfBytes(ref Unsafe.Add(ref bits, Fp32x8.Lanes / 2)));
}
