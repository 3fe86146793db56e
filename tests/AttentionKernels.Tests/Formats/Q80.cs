using System.Runtime.CompilerServices;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.Tests.Formats;

/// <summary>
/// The Q8_0 of ggml: 32 whole numbers from −127 to 127 behind their common scale in fp16, 34 bytes. It stands for all block formats: no
/// kernel and no micro-kernel knows it.
/// </summary>
internal readonly record struct Q80(ushort HalfScale, Q80.Eight First, Q80.Eight Second, Q80.Eight Third, Q80.Eight Fourth) : IFormat<Q80>
{
    private const int ScaleBytes = sizeof(ushort);

    public static int PerUnit => 32;

    public static ScalePlace Scale => ScalePlace.Embedded;

    // A type of 34 bytes without a declaration: processors' drivers, which alone take this text, compile with clang.
    public static string OpenClTarget => $"__typeof__(char[{ScaleBytes + PerUnit}])";

    public static float Widen(Q80 unit, int place)
    {
        Eight eight = place < 16 ? (place < 8 ? unit.First : unit.Second) : place < 24 ? unit.Third : unit.Fourth;
        int pair = place % 8 / 2;
        ushort two = pair < 2 ? (pair < 1 ? eight.A : eight.B) : pair < 3 ? eight.C : eight.D;
        return HalfConversion.Widen(unit.HalfScale) * (sbyte)(two >> (8 * (place % 2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen<TVector>(ref Q80 row, nint first)
        where TVector : struct, IVector<TVector>
    {
        ref Q80 block = ref Unsafe.Add(ref row, first / PerUnit);
        ref sbyte numbers = ref Unsafe.Add(ref Unsafe.As<Q80, sbyte>(ref block), ScaleBytes);
        TVector vector = TVector.ConvertToSingle(TVector.LoadBytes(ref numbers, first % PerUnit));
        return vector * TVector.Create(HalfConversion.Widen(block.HalfScale));
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
    internal readonly record struct Eight(ushort A, ushort B, ushort C, ushort D);
}
