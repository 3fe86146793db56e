using System.Runtime.CompilerServices;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.Tests.Formats;

/// <summary>
/// The Q8_0 of ggml: 32 whole numbers from −127 to 127 behind their common scale in fp16, 34 bytes. It stands for all block formats: no
/// kernel and no micro-kernel knows it.
/// </summary>
internal readonly struct Q80(ushort scale, Q80.Eight first, Q80.Eight second, Q80.Eight third, Q80.Eight fourth) : IFormat<Q80>
{
    private const int ScaleBytes = sizeof(ushort);

    private readonly ushort _scale = scale;
    private readonly Eight _first = first;
    private readonly Eight _second = second;
    private readonly Eight _third = third;
    private readonly Eight _fourth = fourth;

    public static int PerUnit => 32;

    public static ScalePlace Scale => ScalePlace.Embedded;

    // A type of 34 bytes without a declaration: processors' drivers, which alone take this text, compile with clang.
    public static string OpenClTarget => $"__typeof__(char[{ScaleBytes + PerUnit}])";

    public static float Widen(Q80 unit, int place)
    {
        Eight eight = place < 16 ? (place < 8 ? unit._first : unit._second) : place < 24 ? unit._third : unit._fourth;
        int pair = place % 8 / 2;
        ushort two = pair < 2 ? (pair < 1 ? eight.A : eight.B) : pair < 3 ? eight.C : eight.D;
        return HalfConversion.Widen(unit._scale) * (sbyte)(two >> (8 * (place % 2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen<TVector>(ref Q80 row, nint first)
        where TVector : struct, IVector<TVector>
    {
        ref Q80 block = ref Unsafe.Add(ref row, first / PerUnit);
        ref sbyte numbers = ref Unsafe.Add(ref Unsafe.As<Q80, sbyte>(ref block), ScaleBytes);
        TVector vector = TVector.ConvertToSingle(TVector.LoadBytes(ref numbers, first % PerUnit));
        return vector * TVector.Create(HalfConversion.Widen(block._scale));
    }

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        $"(convert_float{lanes}(vload{lanes}(0, {Block(pointer, first)} + {ScaleBytes} + ({first}) % {PerUnit}))"
        + $" * {ScaleOf(pointer, first)})";

    public static string OpenClLoad(string pointer, string number) =>
        $"((float){Block(pointer, number)}[{ScaleBytes} + ({number}) % {PerUnit}] * {ScaleOf(pointer, number)})";

    private static string Block(string pointer, string number) => $"({pointer})[({number}) / {PerUnit}]";

    // The scale's bits moved to where fp32 has them: a finite number, whose exponent is made up for by a product.
    private static string ScaleOf(string pointer, string number) =>
        $"(as_float(((int)as_short(vload2(0, {Block(pointer, number)})) << 13) & (int)0x8FFFE000) * 0x1p112f)";

    /// <summary>Eight numbers, two in each of the four, the first of them in the lower half.</summary>
    internal readonly struct Eight(ushort a, ushort b, ushort c, ushort d)
    {
        public readonly ushort A = a;
        public readonly ushort B = b;
        public readonly ushort C = c;
        public readonly ushort D = d;
    }
}
