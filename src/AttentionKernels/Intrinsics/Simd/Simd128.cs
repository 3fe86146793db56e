using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics.Simd;

/// <summary>Vectors of 128 bits.</summary>
internal readonly struct Simd128 : ISimd<Vector128<float>>
{
    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nint offset) => Vector128.LoadUnsafe(ref source, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Widen<TElement>(ref TElement source, nint offset)
        where TElement : unmanaged, IElement<TElement>
    {
        if (typeof(TElement) == typeof(StoredFp32))
            return Load(ref Unsafe.As<TElement, float>(ref source), offset);
        Vector128<int> bits = LoadBits(ref Unsafe.Add(ref Unsafe.As<TElement, ushort>(ref source), offset));
        if (typeof(TElement) == typeof(StoredBf16))
            return (bits << 16).AsSingle();

        // The exponent's bias differs by 2¹¹², and subnormal numbers become normal by the same product; only infinity and NaN need help.
        Vector128<int> magnitude = bits & Vector128.Create(Fp16.Magnitude);
        Vector128<int> scaled = ((magnitude << Fp16.FractionShift).AsSingle() * Fp16.Rebias).AsInt32();
        Vector128<int> special = Vector128.GreaterThan(magnitude, Vector128.Create(Fp16.LargestFinite)) & Vector128.Create(Fp16.Infinity);
        return (scaled | special | ((bits ^ magnitude) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> vector, ref float target, nint offset) => vector.StoreUnsafe(ref target, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

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
    public static float Largest(Vector128<float> vector) => MathF.Max(MathF.Max(vector[0], vector[1]), MathF.Max(vector[2], vector[3]));

    // 4 unsigned numbers of 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> LoadBits(ref ushort bits) => Vector128.WidenLower(Vector64.LoadUnsafe(ref bits).ToVector128Unsafe()).AsInt32();
}
