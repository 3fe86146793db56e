using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>Vectors of 128 bits.</summary>
internal readonly struct Simd128 : ISimd<Vector128<float>>
{
    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nint offset) => Vector128.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadShorts(ref short source, nint offset) => LoadBits(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBytes(ref sbyte source, nint offset) => LoadBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadHalfBytes(ref byte source, nint offset) =>
        LoadHalfBytes(ref Unsafe.Add(ref source, offset)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreNonTemporal(Vector128<float> vector, ref float target, nint offset) =>
        vector.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref Unsafe.Add(ref target, offset)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadPairs(ref float first, ref float second, nint offset) =>
        Vector128.Shuffle(
            Vector128.Create(Vector64.LoadUnsafe(ref first, (nuint)offset), Vector64.LoadUnsafe(ref second, (nuint)offset)), Vector128.Create(0, 2, 1, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> EvenTwice(Vector128<float> vector) => Vector128.Shuffle(vector, Vector128.Create(0, 0, 2, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> OddTwice(Vector128<float> vector) => Vector128.Shuffle(vector, Vector128.Create(1, 1, 3, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> CreateBits(int bits) => Vector128.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ShiftLeft(Vector128<float> bits, int count) => (bits.AsInt32() << count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> And(Vector128<float> left, Vector128<float> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Or(Vector128<float> left, Vector128<float> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AtLeast(Vector128<float> x, Vector128<float> limit) => Vector128.GreaterThanOrEqual(x, limit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ConvertToSingle(Vector128<float> integers) => Vector128.ConvertToSingle(integers.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.FusedMultiplyAdd(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Larger(Vector128<float> candidate, Vector128<float> than) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(candidate, than), candidate, than);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> UnlessBelow(Vector128<float> x, Vector128<float> limit, Vector128<float> value, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.LessThan(x, limit), otherwise, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> x) =>
        (Vector128.ShiftLeft(x.AsInt32(), 23) + Vector128.Create(0x3F800000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> vector) => Vector128.Sum(vector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector128<float> first, Vector128<float> second, Vector128<float> third, Vector128<float> fourth)
    {
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(first, second), AdvSimd.Arm64.AddPairwise(third, fourth));
        return Sse3.IsSupported
            ? Sse3.HorizontalAdd(Sse3.HorizontalAdd(first, second), Sse3.HorizontalAdd(third, fourth))
            : Vector128.Create(Sum(first), Sum(second), Sum(third), Sum(fourth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> vector) => MathF.Max(MathF.Max(vector[0], vector[1]), MathF.Max(vector[2], vector[3]));

    // 4 numbers of 16 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> LoadBits(ref short bits) => Vector128.WidenLower(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe());

    // 4 numbers of 8 bits, the sign in all upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> LoadBytes(ref sbyte bits) =>
        WidenLowest(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(ref Unsafe.As<sbyte, byte>(ref bits))).AsSByte());

    // The first 4 of numbers of 8 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> WidenLowest(Vector128<sbyte> bytes) => Vector128.WidenLower(Vector128.WidenLower(bytes));

    // 4 numbers of 4 bits, two a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> LoadHalfBytes(ref byte bits) =>
        WidenLowest(Simd256.Spread(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<short>(ref bits)).AsByte()).AsSByte());
}
