using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>4 lanes, 128 bits: SSE, NEON.</summary>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct Fp32x4(Vector128<float> lanes) : IVector<Fp32x4>
{
    private readonly Vector128<float> _lanes = lanes;

    public static int Lanes => 4;

    public static int BlockRows => 4;

    /// <summary>A lane.</summary>
    public float this[int lane] => _lanes[lane];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x4(Vector128<float> lanes) => new(lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator +(Fp32x4 left, Fp32x4 right) => left._lanes + right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator -(Fp32x4 left, Fp32x4 right) => left._lanes - right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator *(Fp32x4 left, Fp32x4 right) => left._lanes * right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator /(Fp32x4 left, Fp32x4 right) => left._lanes / right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator &(Fp32x4 left, Fp32x4 right) => left._lanes & right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 operator |(Fp32x4 left, Fp32x4 right) => left._lanes | right._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Load(ref float source, nint offset) => Vector128.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 LoadShorts(ref short source, nint offset) => WidenShorts(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 LoadBytes(ref sbyte source, nint offset) => WidenBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 LoadHalfBytes(ref byte source, nint offset) =>
        WidenHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 LoadPairs(ref float first, ref float second, nint offset) => Vector128.Shuffle(
        Vector128.Create(Vector64.LoadUnsafe(ref first, (nuint)offset), Vector64.LoadUnsafe(ref second, (nuint)offset)),
        Vector128.Create(0, 2, 1, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 EvenTwice(Fp32x4 vector) => Vector128.Shuffle(vector._lanes, Vector128.Create(0, 0, 2, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 OddTwice(Fp32x4 vector) => Vector128.Shuffle(vector._lanes, Vector128.Create(1, 1, 3, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Fp32x4(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 CreateBits(int bits) => Vector128.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 ShiftLeft(Fp32x4 bits, int count) => (bits._lanes.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 AtLeast(Fp32x4 x, Fp32x4 limit) => Vector128.GreaterThanOrEqual(x._lanes, limit._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 ConvertToSingle(Fp32x4 integers) => Vector128.ConvertToSingle(integers._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 MultiplyAdd(Fp32x4 left, Fp32x4 right, Fp32x4 addend) =>
        Vector128.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Larger(Fp32x4 candidate, Fp32x4 than) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(candidate._lanes, than._lanes), candidate._lanes, than._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 IfLess(Fp32x4 left, Fp32x4 right, Fp32x4 then, Fp32x4 otherwise) =>
        Vector128.ConditionalSelect(Vector128.LessThan(left._lanes, right._lanes), then._lanes, otherwise._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 PowerOfTwo(Fp32x4 x) =>
        (Vector128.ShiftLeft(x._lanes.AsInt32(), 23) + Vector128.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Fp32x4 vector) => Vector128.Sum(vector._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Fp32x4 Sums(Fp32x4 first, Fp32x4 second, Fp32x4 third, Fp32x4 fourth)
    {
        Vector128<float> a = first._lanes, b = second._lanes, c = third._lanes, d = fourth._lanes;
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d));
        return Sse3.IsSupported
            ? Sse3.HorizontalAdd(Sse3.HorizontalAdd(a, b), Sse3.HorizontalAdd(c, d))
            : Vector128.Create(Sum(first), Sum(second), Sum(third), Sum(fourth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Fp32x4 vector) =>
        MathF.Max(MathF.Max(vector._lanes[0], vector._lanes[1]), MathF.Max(vector._lanes[2], vector._lanes[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target, nint offset) => _lanes.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void StoreNonTemporal(ref float target, nint offset) =>
        _lanes.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref Unsafe.Add(ref target, offset)));

    /// <summary>The runtime's own vector.</summary>
    public Vector128<float> AsVector128() => _lanes;

    // 4 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> WidenShorts(ref short bits) => Vector128.WidenLower(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe());

    // 4 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> WidenBytes(ref sbyte bits) =>
        WidenLowest(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(ref Unsafe.As<sbyte, byte>(ref bits))).AsSByte());

    // The first 4 of numbers of 8 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> WidenLowest(Vector128<sbyte> bytes) => Vector128.WidenLower(Vector128.WidenLower(bytes));

    // 4 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> WidenHalfBytes(ref byte bits) =>
        WidenLowest(Fp32x8.Spread(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<short>(ref bits)).AsByte()).AsSByte());
}
