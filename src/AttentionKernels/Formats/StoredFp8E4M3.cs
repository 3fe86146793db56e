using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>
/// fp8 e4m3, times a scale: 4 bits of exponent, 3 of fraction, up to 448, NaN but no infinity. What is larger becomes 448, infinity NaN.
/// </summary>
/// <remarks>Micikevicius et al., "FP8 formats for deep learning", 2022.</remarks>
internal readonly struct StoredFp8E4M3(byte bits) : IWritableFormat<StoredFp8E4M3>
{
    private const int FractionBits = 3;
    private const int Bias = 7;
    private const uint NaN = 0x7F;
    private const uint LargestBits = 0x7E;

    // How much further up fp32 has the fraction, and the bits of fp32 that e4m3 has too, the exponent's at their lower end.
    private const int FractionShift = 20;
    private const int SignAndMagnitude = unchecked((int)0x87F0_0000);

    // 2¹²⁰: the difference of the exponents' biases.
    private const float Rebias = 1.329227995784916e36f;

    // What the bits of NaN would stand for, were they a number.
    private const float BeyondLargest = 480f;

    private const int QuietNaN = 0x7FC0_0000;

    private readonly byte _bits = bits;

    public static int PerUnit => 1;

    public static ScalePlace Scale => ScalePlace.Apart;

    public static string OpenClTarget => "char";

    public static float Largest => 448f;

    public static int PerWord => 4;

    public static float Widen(uint word, int place) => Widen(new StoredFp8E4M3((byte)(word >> (8 * place))), 0);

    public static uint Factors(uint word, int place, bool asHalf) => FactorPair.OfFp8E4M3(word, place, asHalf);

    public static float Widen(StoredFp8E4M3 unit, int place) => Fp8.Widen(unit._bits, FractionBits, Bias, NaN, hasInfinity: false);

    public static StoredFp8E4M3 Narrow(float first, float second) => new(Fp8.Narrow(first, FractionBits, Bias, LargestBits, NaN, NaN));

    public static void Narrow(ReadOnlySpan<float> source, Span<StoredFp8E4M3> target) =>
        Fp8.Narrow(source, MemoryMarshal.Cast<StoredFp8E4M3, byte>(target), FractionBits, Bias, LargestBits, NaN, NaN);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp8E4M3>.Widen<TVector>(ref StoredFp8E4M3 row, nint first) =>
        VectorBits.SetFrom<TVector>(Finite<StoredFp8E4M3>.Widen<TVector>(ref row, first), BeyondLargest, QuietNaN);

    // As fp16: the exponent's bias is made up for by a product, which also makes subnormal numbers normal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp8E4M3>.WidenFinite<TVector>(ref StoredFp8E4M3 row, nint first)
    {
        TVector bits = TVector.LoadBytes(ref Unsafe.As<StoredFp8E4M3, sbyte>(ref row), first);
        return (TVector.ShiftLeft(bits, FractionShift) & TVector.CreateBits(SignAndMagnitude)) * TVector.Create(Rebias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(ref StoredFp8E4M3 source, ref long offsets, int rows, nint count) =>
        Magnitudes.AreAtMost(ref Unsafe.As<StoredFp8E4M3, sbyte>(ref source), ref offsets, rows, count, (sbyte)LargestBits);

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        OpenClWiden($"int{lanes}", $"float{lanes}", $"convert_int{lanes}(vload{lanes}(0, {pointer} + ({first})))", truth: "");

    // In vectors a comparison is all ones, of single numbers it is 1.
    public static string OpenClLoad(string pointer, string number) =>
        OpenClWiden("int", "float", $"(int)({pointer})[{number}]", truth: "-");

    public static string OpenClStore(string value, string index, string pointer) =>
        $"{{ const float number = {value}; {OpenClNarrow("")} ({pointer})[{index}] = stored; }}";

    public static string OpenClStore(int lanes, string vector, string pointer) =>
        $"{{ const float{lanes} number = {vector}; {OpenClNarrow($"{lanes}")} "
        + $"vstore{lanes}(convert_char{lanes}(as_int{lanes}(stored)), 0, {pointer}); }}";

    private static string OpenClNarrow(string lanes) => Fp8.OpenClNarrow(lanes, FractionBits, Bias, LargestBits, NaN, NaN);

    private static string OpenClWiden(string integer, string number, string bits, string truth) =>
        $"as_{number}(as_{integer}(as_{number}(({bits} << {FractionShift}) & ({integer}){SignAndMagnitude}) * 0x1p120f)"
        + $" | ({truth}(({bits} & ({integer}){NaN}) == ({integer}){NaN}) & ({integer}){QuietNaN}))";
}
